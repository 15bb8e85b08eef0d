# Writes page_source.cpp: the page's files as arrays of bytes. Run by the build:
#   cmake -DFOLDER=... -DOUT=... -P embed.cmake
function(embed name)
  set(hex "")
  foreach(file IN LISTS ARGN)
    file(READ ${FOLDER}/${file} part HEX)
    string(APPEND hex ${part})
  endforeach()
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  file(APPEND ${OUT} "static constexpr unsigned char ${name}_bytes[] = {${bytes}};\n"
    "std::string_view ${name}() { return {reinterpret_cast<const char*>(${name}_bytes), sizeof(${name}_bytes)}; }\n")
endfunction()

file(WRITE ${OUT} "#include \"simulator/report/page/source.hpp\"\n\nnamespace simulator::report {\n")
embed(page_html page.html)
embed(page_css page.css)
embed(page_js data.js draw.js panels.js view.js)
file(APPEND ${OUT} "}  // namespace simulator::report\n")
