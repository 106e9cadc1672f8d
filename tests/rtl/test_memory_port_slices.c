/* test_memory_port_slices.c - hw/rtl/memory_port.v with 16 lanes and weights in three slices (G_memory_port_slices in the Makefile). */
#include "memory_port_slices_model.h"

#define memory_port_model      memory_port_slices_model
#define memory_port_model_new  memory_port_slices_model_new
#define memory_port_model_free memory_port_slices_model_free
#define memory_port_model_eval memory_port_slices_model_eval
#define memory_port_model_tick memory_port_slices_model_tick
#define RIG_LANES              16
#define RIG_SLICES             3
#define RIG_WEIGHT_W           10

#include "memory_port_rig.h"

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    return memory_port_suite("memory_port_slices");
}
