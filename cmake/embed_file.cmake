# Run as a script: writes OUT, a C source with the bytes of IN as array NAME.
file(READ ${IN} hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n    " hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUT} "/* Made from ${IN}: do not edit. */
extern const unsigned char ${NAME}[];
extern const unsigned ${NAME}_size;
const unsigned char ${NAME}[] = {
    ${bytes}
};
const unsigned ${NAME}_size = sizeof ${NAME};
")
