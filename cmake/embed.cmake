# overt_embed(target name file): compiles a file's bytes into target as
# `const unsigned char name[]` and `const unsigned name_size`.
function(overt_embed target name file)
  set(source ${PROJECT_SOURCE_DIR}/${file})
  set(out ${PROJECT_BINARY_DIR}/embedded/${name}.c)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DIN=${source} -DOUT=${out} -DNAME=${name}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake
    DEPENDS ${source} ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
