/* test_netlist.c - the iCE40 netlist of network.v, as yosys maps it, in the vendor's simulation cells, against fixed.c: one layer of each cell,
 * every format. */
#include "../rtl/network_rig.h"

#include <check.h>

START_TEST(a_layer_of_each_cell_equals_fixed)
{
    uint64_t seed = 40 + (uint64_t)_i;
    const struct sterna_model_shape shape = {(enum sterna_cell)_i, 9, 11, 1, 5};
    for (unsigned format = 0; format < STERNA_FORMATS; format++) {
        struct sterna_model *model = random_model_of(&shape, (enum sterna_format)format, seed + format);
        ck_assert_ptr_nonnull(model);
        if (format % 2)
            make_extreme(model, &seed);
        struct subject *subject = subject_new(model);
        struct device *device = device_with(subject, (uint32_t)seed | 1);
        for (unsigned step = 0; step < 4; step++) {
            device->stall_percent = step % 2 * 40;
            check_step(device, subject, true);
        }
        check_state(device, subject);
        device_free(device);
        subject_free(subject);
    }
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("netlist");
    TCase *tests = tcase_create("netlist");
    tcase_set_timeout(tests, 0);
    tcase_add_loop_test(tests, a_layer_of_each_cell_equals_fixed, 0, STERNA_CELLS);
    suite_add_tcase(suite, tests);
    return suite;
}
