// What op_table_gen writes. For op_table.c.
#ifndef CTF_GRAPHDEF_OP_TABLE_DATA_H_
#define CTF_GRAPHDEF_OP_TABLE_DATA_H_

#include "graphdef/op_table.h"

extern const ctf_op_interface ctf_op_table[];  // in the order of their names
extern const size_t ctf_op_table_count;

#endif  // CTF_GRAPHDEF_OP_TABLE_DATA_H_
