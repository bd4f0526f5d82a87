# cmake -DINPUT=page.html -DOUTPUT=page.c -DNAME=kPage -P text_to_c.cmake: a text file as a C string.
file(READ "${INPUT}" text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
file(WRITE "${OUTPUT}" "extern const char ${NAME}[];\nconst char ${NAME}[] =\n    \"${text}\";\n")
