/* test_memory_port.c - hw/rtl/memory_port.v as the UP5K has it: eight lanes, weights in one slice. */
#include "memory_port_rig.h"

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    return memory_port_suite("memory_port");
}
