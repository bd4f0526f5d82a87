// What tells a user what there is: help, the man page, the completions of shells; all of it from the tables.
#ifndef CTF_TOOLS_CTFRUN_HELP_H_
#define CTF_TOOLS_CTFRUN_HELP_H_

#include "tools/ctfrun/options.h"

void help_short(void);
void help_all(void);
int help_topic(const char* name);  // an exit code
void help_man(void);               // in scdoc's language
int help_completion(const char* shell);

#endif  // CTF_TOOLS_CTFRUN_HELP_H_
