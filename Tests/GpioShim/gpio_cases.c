// What the GPIO shim promises, over whichever libgpiod it was compiled against, on the fake kernel.
// Built and run by .ci/check-shims for libgpiod 1.6 and 2.x.
//
// Prints one line a case that fails, and how many held; ends with 1 if any failed.
#include <errno.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <string.h>

#include "fake_kernel.h"
#include "warden_gpio.h"

static int held, failed;

#define CHECK(condition)                                                          \
    do {                                                                          \
        if (condition) held++;                                                    \
        else failed++, printf("%s:%d: not so: %s\n", __func__, __LINE__, #condition); \
    } while (0)

static warden_gpio_line line;

static void lines_are_found_by_name_label_path_and_kernel_name(void) {
    int first = fake_gpio_add_chip("pinctrl", 8), second = fake_gpio_add_chip("expander", 4);
    fake_gpio_name_line(second, 3, "SIREN");
    char path[32], name[16];
    snprintf(path, sizeof(path), "/dev/gpiochip%d", second);
    snprintf(name, sizeof(name), "gpiochip%d", second);
    const warden_gpio_request requests[] = {
        {.chip = name, .offset = 3},     {.chip = "expander", .offset = 3}, {.chip = path, .offset = 3},
        {.chip = name, .name = "SIREN"}, {.name = "SIREN"},
    };
    for (unsigned index = 0; index < sizeof(requests) / sizeof(requests[0]); index++) {
        CHECK(warden_gpio_claim(&line, &requests[index]) == 0);
        CHECK(fake_gpio_is_claimed(second, 3) && !fake_gpio_is_claimed(first, 3));
        warden_gpio_release(&line);
        CHECK(!fake_gpio_is_claimed(second, 3));
    }
}

static void what_cannot_be_claimed_says_why(void) {
    int chip = fake_gpio_add_chip("pinctrl", 8);
    fake_gpio_add_chip("twin", 4);
    fake_gpio_add_chip("twin", 4);
    fake_gpio_name_line(chip, 1, "DOOR");
    fake_gpio_name_line(chip, 2, "DOOR");
    fake_gpio_hold_line(chip, 5);
    const struct {
        warden_gpio_request request;
        int status;
    } cases[] = {
        {{.chip = "gpiochip7"}, -ENODEV},
        {{.chip = "no such label"}, -ENODEV},
        {{.chip = "/dev/null"}, -ENODEV},
        {{.chip = "twin"}, -ENOTUNIQ},
        {{.chip = "pinctrl", .name = "WINDOW"}, -ENOENT},
        {{.name = "WINDOW"}, -ENOENT},
        {{.name = "DOOR"}, -ENOTUNIQ},
        {{.chip = "pinctrl", .name = "DOOR"}, -ENOTUNIQ},
        {{.chip = "pinctrl", .offset = 8}, -ERANGE},
        {{.chip = "pinctrl", .offset = 5}, -EBUSY},
        {{.chip = NULL}, -EINVAL},
    };
    for (unsigned index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        int status = warden_gpio_claim(&line, &cases[index].request);
        if (status != cases[index].status) printf("case %u: %s\n", index, strerror(-status));
        CHECK(status == cases[index].status);
        CHECK(line.fd == -1 && line.chip == NULL && line.line == NULL);
        warden_gpio_release(&line);
    }
}

static void an_output_has_its_level_from_the_request_on(void) {
    for (int is_active_low = 0; is_active_low <= 1; is_active_low++) {
        for (int starts_active = 0; starts_active <= 1; starts_active++) {
            int chip = fake_gpio_add_chip("pinctrl", 8);
            warden_gpio_request request = {
                .chip = "gpiochip0", .offset = 2, .is_output = true, .starts_active = starts_active,
                .is_active_low = is_active_low,
            };
            CHECK(warden_gpio_claim(&line, &request) == 0);
            CHECK(fake_gpio_is_output(chip, 2));
            CHECK(fake_gpio_level(chip, 2) == (starts_active != is_active_low));
            // Driven once: by the request itself, with no moment between at another level.
            CHECK(fake_gpio_drive_count(chip, 2) == 1);
            CHECK(warden_gpio_read(&line) == starts_active);
            CHECK(warden_gpio_drive(&line, !starts_active) == 0);
            CHECK(fake_gpio_level(chip, 2) == (starts_active == is_active_low));
            CHECK(warden_gpio_read(&line) == !starts_active);
            CHECK(line.fd == -1);
            warden_gpio_release(&line);
            fake_kernel_reset();
        }
    }
}

static void edges_come_with_logical_levels_and_times_in_order(void) {
    for (int is_active_low = 0; is_active_low <= 1; is_active_low++) {
        int chip = fake_gpio_add_chip("pinctrl", 8);
        warden_gpio_request request = {.chip = "gpiochip0", .offset = 4, .is_active_low = is_active_low};
        CHECK(warden_gpio_claim(&line, &request) == 0);
        CHECK(line.fd >= 0);
        CHECK(warden_gpio_read(&line) == is_active_low);
        warden_gpio_edge edges[WARDEN_GPIO_EDGE_BATCH];
        CHECK(warden_gpio_take_edges(&line, edges) == 0);
        fake_gpio_set_input(chip, 4, true);
        fake_gpio_set_input(chip, 4, false);
        fake_gpio_set_input(chip, 4, true);
        CHECK(warden_gpio_take_edges(&line, edges) == 3);
        for (int index = 0; index < 3; index++) {
            CHECK(edges[index].is_active == ((index % 2 == 0) != is_active_low));
            CHECK(index == 0 || edges[index].timestamp_ns >= edges[index - 1].timestamp_ns);
        }
        CHECK(warden_gpio_take_edges(&line, edges) == 0);
        warden_gpio_release(&line);
        fake_kernel_reset();
    }
}

static void a_burst_is_read_in_batches(void) {
    int chip = fake_gpio_add_chip("pinctrl", 8);
    warden_gpio_request request = {.chip = "gpiochip0", .offset = 4};
    CHECK(warden_gpio_claim(&line, &request) == 0);
    for (int index = 0; index < 40; index++) fake_gpio_set_input(chip, 4, index % 2 == 0);
    warden_gpio_edge edges[WARDEN_GPIO_EDGE_BATCH];
    int taken = 0, count;
    while ((count = warden_gpio_take_edges(&line, edges)) > 0) {
        CHECK(count <= WARDEN_GPIO_EDGE_BATCH);
        taken += count;
    }
    CHECK(count == 0);
    // What the kernel keeps: sixteen in the older interface, twice that where the queue may be chosen.
    CHECK(taken == (warden_gpio_library_version()[0] == '1' ? 16 : 32));
    warden_gpio_release(&line);
}

static void bias_and_debounce_reach_the_kernel(void) {
    int chip = fake_gpio_add_chip("pinctrl", 8);
    const struct {
        warden_gpio_bias bias;
        uint64_t flag;
    } cases[] = {
        {WARDEN_GPIO_BIAS_AS_IS, 0},
        {WARDEN_GPIO_BIAS_DISABLED, GPIO_V2_LINE_FLAG_BIAS_DISABLED},
        {WARDEN_GPIO_BIAS_PULL_UP, GPIO_V2_LINE_FLAG_BIAS_PULL_UP},
        {WARDEN_GPIO_BIAS_PULL_DOWN, GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN},
    };
    const uint64_t all = GPIO_V2_LINE_FLAG_BIAS_DISABLED | GPIO_V2_LINE_FLAG_BIAS_PULL_UP | GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN;
    for (unsigned index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        warden_gpio_request request = {.chip = "gpiochip0", .offset = 1, .bias = cases[index].bias};
        CHECK(warden_gpio_claim(&line, &request) == 0);
        CHECK((fake_gpio_flags(chip, 1) & all) == cases[index].flag);
        CHECK(line.is_debounced);
        warden_gpio_release(&line);
    }
    warden_gpio_request request = {.chip = "gpiochip0", .offset = 1, .debounce_us = 20000};
    CHECK(warden_gpio_claim(&line, &request) == 0);
    bool by_kernel = warden_gpio_library_version()[0] != '1';
    CHECK(line.is_debounced == by_kernel);
    CHECK(fake_gpio_debounce_us(chip, 1) == (by_kernel ? 20000 : 0));
    warden_gpio_release(&line);
}

static void a_chip_that_vanishes_is_said_to_be_gone_and_can_be_claimed_again(void) {
    int chip = fake_gpio_add_chip("expander", 8);
    warden_gpio_request input = {.chip = "expander", .offset = 4}, output = {.chip = "expander", .is_output = true};
    warden_gpio_line other;
    CHECK(warden_gpio_claim(&line, &input) == 0 && warden_gpio_claim(&other, &output) == 0);
    fake_gpio_remove_chip(chip);
    warden_gpio_edge edges[WARDEN_GPIO_EDGE_BATCH];
    CHECK(warden_gpio_take_edges(&line, edges) == -ENODEV);
    CHECK(warden_gpio_read(&line) == -ENODEV);
    CHECK(warden_gpio_drive(&other, true) == -ENODEV);
    warden_gpio_release(&line);
    warden_gpio_release(&other);
    CHECK(warden_gpio_claim(&line, &input) == -ENODEV);
    fake_gpio_restore_chip(chip);
    CHECK(warden_gpio_claim(&line, &input) == 0);
    warden_gpio_release(&line);
}

int main(void) {
    void (*const cases[])(void) = {
        lines_are_found_by_name_label_path_and_kernel_name,
        what_cannot_be_claimed_says_why,
        an_output_has_its_level_from_the_request_on,
        edges_come_with_logical_levels_and_times_in_order,
        a_burst_is_read_in_batches,
        bias_and_debounce_reach_the_kernel,
        a_chip_that_vanishes_is_said_to_be_gone_and_can_be_claimed_again,
    };
    line = warden_gpio_unclaimed();
    for (unsigned index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        cases[index]();
        fake_kernel_reset();
    }
    printf("GPIO shim over libgpiod %s: %d checks held, %d failed\n", warden_gpio_library_version(), held, failed);
    return failed == 0 ? 0 : 1;
}
