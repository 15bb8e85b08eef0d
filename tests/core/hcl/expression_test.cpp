// What expressions mean, one line each.
#include <gtest/gtest.h>

#include "tests/core/hcl/support.hpp"

namespace core::hcl {
namespace {

void expect_all(std::initializer_list<Case> cases) {
  for (const auto& [expression, expected] : cases) EXPECT_EQ(eval(expression), expected) << expression;
}

TEST(Expression, Literals) {
  expect_all({{"1", "1"},
              {"-7", "-7"},
              {"1.5", "1.5"},
              {"2.0", "2"},
              {"1e3", "1000"},
              {"9223372036854775807", "9223372036854775807"},
              {"9223372036854775808", "9223372036854775808"},
              {"1e400", "t.hcl:1,5-10: Invalid number literal; The number is too large."},
              {"true", "true"},
              {"null", "null"},
              {R"("a\tb\"c\\d\n")", R"("a\tb\"c\\d\n")"},
              {R"("\u00e9\U0001F600")", R"("é😀")"},
              {"[]", "[]"},
              {"[1, \"a\", [true],]", R"([1,"a",[true]])"},
              {"{a = 1, \"b c\": 2}", R"({"a":1,"b c":2})"},
              {"{\n a = 1\n b = 2,\n\n}", R"({"a":1,"b":2})"},
              {"{(var.name) = 1, \"x-${var.n}\" = 2, 5 = 6}", R"({"5":6,"web":1,"x-3":2})"}});
}

TEST(Expression, OperatorsBindAsInHcl) {
  expect_all({{"1 + 2 * 3", "7"},
              {"(1 + 2) * 3", "9"},
              {"10 - 3 - 2", "5"},
              {"7 / 2", "3.5"},
              {"6 / 2", "3"},
              {"-7 % 3", "-1"},
              {"7.5 % 2", "1.5"},
              {"-var.n + 1", "-2"},
              {"!var.flag || 1 < 2 && 2 >= 3", "false"},
              {"1 == 1.0", "true"},
              {"1 == \"1\"", "false"},
              {"[1, {a = 2}] == [1, {a = 2}]", "true"},
              {"\"2\" + 1", "3"},
              {"9223372036854775807 + 1", "9223372036854775808"},
              {"9007199254740993 + 0", "9007199254740993"},
              {"1 / 0", "t.hcl:1,5-10: Division by zero; Cannot divide by zero."},
              {"1 + []", "t.hcl:1,9-11: Invalid operand; Unsuitable value for right operand: a number is required."}});
}

TEST(Expression, ConditionalsHaveOneType) {
  expect_all({{"var.flag ? 1 : 2", "1"},
              {"false ? 1 : true ? 2 : 3", "2"},
              {"true ? 1 : \"a\"", "\"1\""},
              {"true ? null : \"a\"", "null"},
              {"length([]) > 0 ? [][0] : \"none\"", "\"none\""},
              {"true ? [] : 1",
               "t.hcl:1,5-18: Inconsistent conditional result types; The true and false result expressions must have "
               "consistent types."},
              {"null ? 1 : 2",
               "t.hcl:1,5-9: Null condition; The condition value is null. Conditions must either be true or false."}});
}

TEST(Expression, Traversals) {
  expect_all(
      {{"list[1].tags[0]", "\"c\""},
       {"list.0.tags.1", "\"b\""},
       {"[[1, 2]].0.1", "2"},
       {"var[\"na${\"me\"}\"]", "\"web\""},
       {"map[var.none]", "t.hcl:1,8-18: Invalid index; Can't use a null value as an indexing key."},
       {"var.nome",
        "t.hcl:1,8-13: Unsupported attribute; This object does not have an attribute named \"nome\". Did you mean "
        "\"name\"?"},
       {"vra.n", "t.hcl:1,5-10: Unknown variable; There is no variable named \"vra\". Did you mean \"var\"?"},
       {"list[5]",
        "t.hcl:1,9-12: Invalid index; The given key does not identify an element in this collection value: the "
        "given index is greater than or equal to the length of the collection."}});
}

TEST(Expression, SplatsAndFor) {
  expect_all(
      {{"list[*].id", "[1,2]"},
       {"list.*.id", "[1,2]"},
       {"list[*].tags[0]", R"(["a","c"])"},
       {"list[*].tags[*]", R"([["a","b"],["c"]])"},
       {"list.*.tags[0]", R"(["a","b"])"},
       {"var.none[*]", "[]"},
       {"var.name[*]", R"(["web"])"},
       {"[for x in [1, 2, 3] : x * 2 if x != 2]", "[2,6]"},
       {"[for i, x in [\"a\", \"b\"] : \"${i}${x}\"]", R"(["0a","1b"])"},
       {"[for k, v in map : \"${k}=${v}\"]", R"(["a=1","b=2"])"},
       {"{for k, v in map : v => k}", R"({"1":"a","2":"b"})"},
       {"{for x in [\"a\", \"b\", \"a\"] : x => x...}", R"({"a":["a","a"],"b":["b"]})"},
       {"[for x in [1] : [for y in [2] : [x, y]]]", "[[[1,2]]]"},
       {"{for x in [1, 1] : x => x}",
        "t.hcl:1,24-25: Duplicate object key; Two different items produced the key \"1\" in this 'for' expression. "
        "If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key."},
       {"[for x in 1 : x]",
        "t.hcl:1,15-16: Iteration over non-iterable value; A value of type number cannot be used as the collection "
        "in a 'for' expression."},
       {"{for = 1}", R"({"for":1})"}});
}

TEST(Expression, Templates) {
  expect_all(
      {{R"("a${var.n}b")", R"("a3b")"},
       {R"("${list}")", R"([{"id":1,"tags":["a","b"]},{"id":2,"tags":["c"]}])"},
       {R"("$${x} %%{y} $x %")", R"("${x} %{y} $x %")"},
       {R"("a ${~ var.n ~} b")", R"("a3b")"},
       {R"("%{ if var.flag }yes%{ else }no%{ endif }!")", R"("yes!")"},
       {R"("%{ for x in [1, 2] }[${x}]%{ endfor }")", R"("[1][2]")"},
       {R"("%{ for k, v in map ~} ${k}${v} %{~ endfor }")", R"("a1b2")"},
       {R"("x${var.none}")",
        "t.hcl:1,9-17: Invalid template interpolation value; The expression result is null. Cannot include a null "
        "value in a string template."},
       {R"("%{ if true }")",
        "t.hcl:1,6-18: Unterminated template 'if' directive; The 'if' directive has no matching 'endif'."},
       {R"("a%{ endfor }")",
        "t.hcl:1,7-18: Unexpected template directive; The directive %{ endfor } does not match any opened before "
        "it."}});
}

TEST(Expression, Heredocs) {
  EXPECT_EQ(eval("<<EOF\nline \"one\" \\n\n  ${var.name}\nEOF"), R"("line \"one\" \\n\n  web\n")");
  EXPECT_EQ(eval("<<-EOF\n    a\n      b\n\n    c\n    EOF"), R"("a\n  b\n\nc\n")");
  // As in HCL: `~` trims before `<<-` looks for line starts, so the line after it keeps its indent.
  EXPECT_EQ(eval("<<-EOF\n  %{ for x in [1, 2] ~}\n  ${x}\n  %{ endfor ~}\n  EOF"), R"("  1\n  2\n")");
  EXPECT_EQ(eval("<<EOF\nEOF"), R"("")");
  EXPECT_EQ(eval("<<EOF\n EOFX\nEOF"), R"(" EOFX\n")");
  EXPECT_EQ(eval("<<EOF\nabc"),
            "t.hcl:1,5-3,1: Unterminated template string; No closing marker was found for the string.");
}

TEST(Expression, RuntimeReferencesKeepTheirText) {
  expect_all({{R"("${attr.kernel.name}-${NOMAD_PORT_http}")", R"("${attr.kernel.name}-${NOMAD_PORT_http}")"},
              {R"("${env["HOME"]}")", R"("${env[\"HOME\"]}")"},
              {"node.unique.id", R"("${node.unique.id}")"},
              {"upper(meta.rack)", R"("${META.RACK}")"},
              {"NOMADX", "t.hcl:1,5-11: Unknown variable; There is no variable named \"NOMADX\"."}});
  EvalContext all = test_context();
  all.runtime_roots = {"*"};
  EXPECT_EQ(eval("device.model[0]", all), R"("${device.model[0]}")");
}

TEST(Expression, Calls) {
  expect_all(
      {{"max([1, 5, 3]...)", "5"},
       {"join(\n \",\",\n [\"a\", 1],\n)", R"("a,1")"},
       {"try(var.nope, list[9], \"x\")", R"("x")"},
       {"can(var.nope)", "false"},
       {"can(var.name)", "true"},
       {"convert(\"5\", number)", "5"},
       {"convert([\"2\", \"1\", \"2\"], set(number))", "[1,2]"},
       {"convert({a = 1, z = 2}, object({a = string, b = optional(number)}))", R"({"a":"1","b":null})"},
       {"convert([\"x\"], list(number))",
        "t.hcl:1,13-18: Invalid function argument; Invalid value for \"value\" parameter: element 0: a number is "
        "required."},
       {"uper(\"a\")",
        "t.hcl:1,5-9: Call to unknown function; There is no function named \"uper\". Did you mean \"upper\"?"},
       {"upper()",
        "t.hcl:1,5-10: Not enough function arguments; Function \"upper\" expects 1 argument(s). Missing value for "
        "\"str\"."},
       {"upper(\"a\", \"b\")",
        "t.hcl:1,16-19: Too many function arguments; Function \"upper\" expects only 1 argument(s)."},
       {"upper([])", "t.hcl:1,11-13: Invalid function argument; Invalid value for \"str\" parameter: string required."},
       {"file(\"/etc/passwd\")",
        "t.hcl:1,5-9: Function not available; The function \"file\" cannot be called here: it reads the files of "
        "the machine that parses, and parsing here has no files."},
       {"uuidv4()",
        "t.hcl:1,5-11: Function not available; The function \"uuidv4\" cannot be called here: its result depends on "
        "chance or on the clock, and parsing here has neither."},
       {"yamldecode(\"a\")",
        "t.hcl:1,5-15: Function not available; The function \"yamldecode\" cannot be called here: this build does "
        "not have it."}});
}

TEST(Expression, ReferencesLeaveOutWhatForBinds) {
  const auto parsed = parse("t.hcl", "v = [for x in local.a : \"${x}${var.b[\"c\"].d}${f(local.e[x])}\"]\n");
  std::string found;
  for (const auto& reference : references(*parsed.file.body->find("v")->value)) {
    found += reference.root;
    for (const auto& name : reference.attributes) found += "." + name;
    found += ' ';
  }
  EXPECT_EQ(found, "local.a var.b.c.d local.e ");
}

}  // namespace
}  // namespace core::hcl
