// Files: structure, leniency, JSON, real job files, and what is said about broken ones.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/core/hcl/support.hpp"

namespace core::hcl {
namespace {

std::string read_job(const std::string& name) {
  std::ifstream in(std::string(NOMAD_SOURCE_DIR) + "/tests/core/hcl/jobs/" + name);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string all_errors(const std::string& text, ParseOptions options = {}) {
  std::string out;
  for (const auto& diagnostic : parse("t.hcl", text, options).diagnostics) out += one_line(diagnostic) + "\n";
  return out;
}

TEST(Parse, AttributesBlocksAndComments) {
  const auto parsed = parse("t.hcl", R"(
# one
a = 1 // two
/* three
*/ b "x" y {
  c = 2
  d {}
}
"q r" = 3
)");
  ASSERT_TRUE(parsed.ok()) << render(parsed.diagnostics);
  const Body& body = *parsed.file.body;
  ASSERT_EQ(body.attributes().size(), 2u);
  EXPECT_NE(body.find("q r"), nullptr);
  ASSERT_EQ(body.blocks().size(), 1u);
  const Block& block = body.blocks()[0];
  EXPECT_EQ(block.type, "b");
  EXPECT_EQ(block.label(0), "x");
  EXPECT_EQ(block.label(1), "y");
  EXPECT_EQ(block.header.describe(), "t.hcl:5,4-11");
  EXPECT_EQ(block.body->find("c")->range.describe(), "t.hcl:6,3-8");
  EXPECT_EQ(block.body->blocks()[0].type, "d");
  EXPECT_EQ(block.body->end().describe(), "t.hcl:8,1-2");
}

TEST(Parse, OneLineBlocksHoldSeveralItems) {
  EXPECT_EQ(
      eval_file(R"(config { command = "/bin/sleep" args = ["60"] }
network { port "http" { to = 8080 } }
empty {})"),
      R"({"config":[{"args":["60"],"command":"/bin/sleep"}],"empty":[{}],"network":[{"port":[{"http":[{"to":8080}]}]}]})");
}

TEST(Parse, Hcl1TakesMoreFreelyAndLeavesStringsAlone) {
  EXPECT_EQ(
      eval_file("a = 1 b = \"${x} %{y}\", c { driver.raw.enable = \"1\" }\nd = { x = 1 y = 2 }\n", {Dialect::hcl1}),
      R"({"a":1,"b":"${x} %{y}","c":[{"driver.raw.enable":"1"}],"d":{"x":1,"y":2}})");
}

TEST(Parse, EveryJobFileOfTheVectors) {
  for (const char* name : {"sums.nomad", "toobig.nomad", "web.nomad", "web2.nomad"}) {
    const auto parsed = parse(name, read_job(name));
    ASSERT_TRUE(parsed.ok()) << render(parsed.diagnostics);
    Diagnostics diagnostics;
    const auto value = evaluate_body(*parsed.file.body, test_context(), diagnostics);
    ASSERT_TRUE(value) << render(diagnostics);
    EXPECT_EQ(value->as_object().count("job"), 1u);
  }
  const auto web = parse("web.nomad", read_job("web.nomad"));
  Diagnostics diagnostics;
  const auto jobs = find_blocks(*web.file.body, "job", 1, diagnostics);
  ASSERT_EQ(jobs.size(), 1u);
  const auto constraints = find_blocks(*jobs[0].body, "constraint", 0, diagnostics);
  EXPECT_EQ(evaluate(*constraints.at(0).body->find("attribute")->value, test_context(), diagnostics),
            Value("${attr.kernel.name}"));
  EXPECT_TRUE(diagnostics.empty());
}

TEST(Parse, SaysOfABrokenJobWhatNomadSays) {
  const auto parsed = parse("broken.nomad", read_job("broken.nomad"));
  EXPECT_EQ(one_line(parsed.diagnostics),
            "broken.nomad:3,1-2: Missing item separator; Expected a comma to mark the beginning of the next item.");
}

TEST(Parse, RendersInHclsLongForm) {
  const auto parsed = parse("job.nomad", "job \"x\" {\n  a = 1\n  foo = \n}\n");
  EXPECT_EQ(render(parsed.diagnostics),
            "Error: Invalid expression\n\n  on job.nomad line 3, in job \"x\":\n   3:   foo = \n\n"
            "Expected the start of an expression, but found an invalid expression token.\n\n");
}

TEST(Parse, ReportsSeveralErrorsAndReadsOn) {
  EXPECT_EQ(
      all_errors("a = \nb = [1 2]\nc = 3\nd {\n  e = )\n  f = 1\n}\ng = 1 h\n"),
      "t.hcl:1,5-2,1: Invalid expression; Expected the start of an expression, but found an invalid expression "
      "token.\n"
      "t.hcl:2,8-9: Missing item separator; Expected a comma to mark the beginning of the next item.\n"
      "t.hcl:5,7-8: Invalid expression; Expected the start of an expression, but found an invalid expression token.\n"
      "t.hcl:8,7-8: Missing newline after argument; An argument definition must end with a newline.\n");
  const auto parsed = parse("t.hcl", "a = \nc = 3\n");
  EXPECT_NE(parsed.file.body->find("c"), nullptr);
}

TEST(Parse, PlacesOfErrors) {
  const Case cases[] = {
      {"a {",
       "t.hcl:1,1-2: Unclosed configuration block; There is no closing brace for this block before the end of the "
       "file. This may be caused by incorrect brace nesting elsewhere in this file.\n"},
      {"a = \"x\nb = 1",
       "t.hcl:1,5-7: Invalid multi-line string; Quoted strings may not be split over multiple lines. To "
       "produce a multi-line string, either use the \\n escape to represent a newline character or use the "
       "\"heredoc\" multi-line template syntax.\n"},
      {"a = \"\\x\"",
       "t.hcl:1,6-8: Invalid escape sequence; The symbol \"x\" is not a valid escape sequence selector.\n"},
      {"a = 1\na = 2\n",
       "t.hcl:2,1-2: Attribute redefined; The argument \"a\" was already set at t.hcl:1,1-2. Each argument "
       "may be set only once.\n"},
      {"a = (1", "t.hcl:1,7-7: Unbalanced parentheses; Expected a closing parenthesis to terminate the expression.\n"},
      {"a = {b 1}",
       "t.hcl:1,8-9: Missing key/value separator; Expected an equals sign (\"=\") to mark the beginning of the "
       "attribute value.\n"},
      {"}", "t.hcl:1,1-2: Argument or block definition required; An argument or block definition is required here.\n"},
      {"a b = 1",
       "t.hcl:1,5-6: Invalid block definition; The equals sign \"=\" indicates an argument definition, and must "
       "not be used when defining a block.\n"},
      {"é = é(",
       "t.hcl:1,7-7: Missing expression; Expected the start of an expression, but found the end of the file.\n"}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(all_errors(text), expected) << text;
  EXPECT_EQ(
      one_line(parse("t.hcl", "a = 1\nb = \"\xff\"").diagnostics),
      "t.hcl:2,6-7: Invalid character encoding; All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is "
      "selected in your editor.");
}

TEST(Json, HasTheShapeOfNativeFiles) {
  const char* text = R"({
  "//": "a comment",
  "region": "eu",
  "job": {"web": {"count": 2, "group": [{"a": {"x": 1}}, {"b": {"x": "${var.name}\n"}}]}}
})";
  const auto parsed = parse_any("job.json", text);
  ASSERT_TRUE(parsed.ok()) << render(parsed.diagnostics);
  Diagnostics diagnostics;
  const auto jobs = find_blocks(*parsed.file.body, "job", 1, diagnostics);
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_EQ(jobs[0].label(), "web");
  const auto groups = find_blocks(*jobs[0].body, "group", 1, diagnostics);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[1].label(), "b");
  EXPECT_EQ(evaluate(*groups[1].body->find("x")->value, test_context(), diagnostics), Value("web\n"));
  EXPECT_TRUE(diagnostics.empty());
  const auto config = parse_any("agent.json", R"({"a": "${x}", "b": "\ud83d\ude00\/"})", {Dialect::hcl1});
  EXPECT_EQ(evaluate_body(*config.file.body, test_context(), diagnostics),
            Value(Value::Object{{"a", "${x}"}, {"b", "😀/"}}));
}

TEST(Json, PlacesOfErrors) {
  const Case cases[] = {
      {"{\n  \"a\": 1,\n}", "t.hcl:3,1-2: Trailing comma; JSON does not permit a trailing comma after the last item."},
      {"{\"a\" 1}",
       "t.hcl:1,6-7: Missing property value colon; A colon must appear between a property name and its value."},
      {"{\"a\": tru}", "t.hcl:1,7-8: Invalid JSON value; A JSON value must begin here."},
      {"{\"a\": \"${b c}\"}",
       "t.hcl:1,12-13: Extra characters after interpolation expression; Template "
       "interpolation doesn't expect a new expression at this point. Expected a "
       "closing brace to end the interpolation expression."},
      {"{} x", "t.hcl:1,4-5: Extraneous data after value; Extra characters appear after the JSON value."}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(eval_file(text), expected) << text;
  EXPECT_NE(eval_file("{\"a\": \"${vra}\"}").find("t.hcl:1,10-13: Unknown variable"), std::string::npos);
}

TEST(Body, TellsUnknownNamesWithSuggestions) {
  const auto parsed = parse("t.hcl", "cuont = 1\nmeta = {}\ngruop \"a\" {}\nzzz {}\n");
  Diagnostics diagnostics;
  report_unknown(*parsed.file.body, {{"count"}, {"group", "meta"}}, diagnostics);
  std::string out;
  for (const auto& diagnostic : diagnostics) out += one_line(diagnostic) + "\n";
  EXPECT_EQ(
      out,
      "t.hcl:1,1-6: Unsupported argument; An argument named \"cuont\" is not expected here. Did you mean \"count\"?\n"
      "t.hcl:3,1-6: Unsupported block type; Blocks of type \"gruop\" are not expected here. Did you mean \"group\"?\n"
      "t.hcl:4,1-4: Unsupported block type; Blocks of type \"zzz\" are not expected here.\n");
  EXPECT_EQ(unknown_names(*parsed.file.body, {{"count"}, {"group", "meta"}}),
            (std::vector<std::string>{"cuont", "gruop", "zzz"}));
}

TEST(Body, WrongLabelCountsAreTold) {
  const auto parsed = parse("t.hcl", "job {}\njob \"a\" \"b\" {}\njob \"ok\" {}\n");
  Diagnostics diagnostics;
  EXPECT_EQ(find_blocks(*parsed.file.body, "job", 1, diagnostics).size(), 1u);
  ASSERT_EQ(diagnostics.size(), 2u);
  EXPECT_EQ(diagnostics[0].summary, "Missing name for job");
  EXPECT_EQ(diagnostics[1].summary, "Extraneous label for job");
}

TEST(Dynamic, MakesABlockForEachItem) {
  const auto parsed = parse("t.hcl", R"(
port "fixed" { to = 1 }
dynamic "port" {
  for_each = {a = 80, b = 90}
  iterator = p
  labels   = [p.key]
  content {
    to = p.value + 1
  }
}
)");
  ASSERT_TRUE(parsed.ok()) << render(parsed.diagnostics);
  Diagnostics diagnostics;
  const auto context = std::make_shared<EvalContext>(test_context());
  std::string out;
  for (const auto& [block, inner] : expand_blocks(*parsed.file.body, "port", 1, context, diagnostics)) {
    const auto to = evaluate(*block.body->find("to")->value, *inner, diagnostics);
    out += std::string(block.label()) + "=" + to_json(to.value_or(Value())) + " ";
  }
  EXPECT_EQ(out, "fixed=1 a=81 b=91 ");
  EXPECT_TRUE(diagnostics.empty()) << render(diagnostics);
}

TEST(ParseExpression, ReadsAVariablesValue) {
  const auto parsed = parse_expression("<value for var.x>", "[1,\n 2]");
  ASSERT_TRUE(parsed.ok());
  Diagnostics diagnostics;
  EXPECT_EQ(evaluate(*parsed.file.body->find("value")->value, {}, diagnostics), Value(Value::List{1, 2}));
  EXPECT_FALSE(parse_expression("x", "1 2").ok());
}

}  // namespace
}  // namespace core::hcl
