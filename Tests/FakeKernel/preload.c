// Makes the fake kernel usable for a program that it is loaded into before all else (LD_PRELOAD). Without the variables
// below it does nothing.
//
//   FAKE_KERNEL          devices, separated by blanks: gpio:LABEL:LINES, i2c:NUMBER
//   FAKE_KERNEL_HIGH     inputs of the first chip that are high from the start, by number, separated by blanks
//   FAKE_KERNEL_TAP      a FIFO that gets a byte each time an output changes its level
//   FAKE_KERNEL_REPORT   a file that is written when the program ends: the level of each line of the first chip, a 0 or a 1
//   FAKE_KERNEL_CONTROL  a UNIX socket that is made here; who connects plays the outside world, a command a line:
//
//     input CHIP OFFSET LEVEL          answers `ok`
//     line CHIP OFFSET                 answers `LEVEL CLAIMED OUTPUT DRIVES CHANGES`, each a number
//     remove CHIP, restore CHIP        answers `ok`
//     device BUS ADDRESS               answers `ok`; adds a device with registers
//     register BUS ADDRESS PLACE VALUE answers `ok`
//     failure BUS ERRNO                answers `ok`
#define _GNU_SOURCE
#include <linux/i2c.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake_kernel.h"

static void say(int peer, const char *text) {
    if (write(peer, text, strlen(text)) < 0) close(peer);
}

// Without stdio's files, which allocate: a program's allocations are counted while it runs on this kernel.
static void answer(int peer, const char *command) {
    int a, b, c, d;
    char text[64];
    if (sscanf(command, "input %d %d %d", &a, &b, &c) == 3) fake_gpio_set_input(a, (unsigned)b, c != 0);
    else if (sscanf(command, "remove %d", &a) == 1) fake_gpio_remove_chip(a);
    else if (sscanf(command, "restore %d", &a) == 1) fake_gpio_restore_chip(a);
    else if (sscanf(command, "device %d %i", &a, &b) == 2) fake_i2c_add_device(a, (uint8_t)b);
    else if (sscanf(command, "register %d %i %i %i", &a, &b, &c, &d) == 4) {
        fake_i2c_set_register(a, (uint8_t)b, (uint8_t)c, (uint8_t)d);
    } else if (sscanf(command, "failure %d %d", &a, &b) == 2) fake_i2c_set_failure(a, b);
    else if (sscanf(command, "line %d %d", &a, &b) == 2) {
        unsigned offset = (unsigned)b;
        snprintf(text, sizeof(text), "%d %d %d %u %u\n", fake_gpio_level(a, offset), fake_gpio_is_claimed(a, offset),
            fake_gpio_is_output(a, offset), fake_gpio_drive_count(a, offset), fake_gpio_change_count(a, offset));
        say(peer, text);
        return;
    } else {
        say(peer, "unknown command\n");
        return;
    }
    say(peer, "ok\n");
}

static void *serve(void *argument) {
    int listener = *(int *)argument;
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) return NULL;
        char command[128];
        size_t length = 0;
        while (length < sizeof(command) - 1 && read(fd, command + length, 1) == 1) {
            if (command[length++] != '\n') continue;
            command[length] = 0;
            answer(fd, command);
            length = 0;
        }
        close(fd);
    }
}

static void listen_at(const char *path) {
    static int listener;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    unlink(path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(listener, 1) != 0) abort();
    // The program's signals are the program's.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, &listener) != 0) abort();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

// What the lines are left as.
static const char *report_path;
static unsigned report_lines;

__attribute__((destructor)) static void report(void) {
    if (report_path == NULL) return;
    int fd = open(report_path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    for (unsigned offset = 0; offset < report_lines; offset++) dprintf(fd, "%d", fake_gpio_level(0, offset));
    close(fd);
}

__attribute__((constructor)) static void add_from_environment(void) {
    const char *list = getenv("FAKE_KERNEL");
    if (list == NULL) return;
    // Not for the programs that this one starts, but for this one when it starts itself anew.
    const char *owner = getenv("FAKE_KERNEL_PROCESS");
    if (owner != NULL && atoi(owner) != getpid()) return;
    char process[16];
    snprintf(process, sizeof(process), "%d", (int)getpid());
    setenv("FAKE_KERNEL_PROCESS", process, 1);
    while (*list != 0) {
        char label[32];
        unsigned number;
        if (sscanf(list, "gpio:%31[^:]:%u", label, &number) == 2) {
            if (fake_gpio_add_chip(label, number) == 0) report_lines = number;
        } else if (sscanf(list, "i2c:%u", &number) == 1) fake_i2c_add_adapter((int)number, I2C_FUNC_I2C);
        list += strcspn(list, " ");
        list += strspn(list, " ");
    }
    for (const char *high = getenv("FAKE_KERNEL_HIGH"); high != NULL && *high != 0;) {
        char *end;
        fake_gpio_set_input(0, (unsigned)strtoul(high, &end, 10), true);
        high = end + strspn(end, " ");
    }
    const char *path = getenv("FAKE_KERNEL_TAP");
    if (path != NULL) fake_gpio_tap = open(path, O_WRONLY | O_CLOEXEC);
    report_path = getenv("FAKE_KERNEL_REPORT");
    path = getenv("FAKE_KERNEL_CONTROL");
    if (path != NULL) listen_at(path);
}
