#define _GNU_SOURCE
// The clock of a 32-bit board goes on after January 2038.
#define _FILE_OFFSET_BITS 64
#define _TIME_BITS 64
#include "warden_events.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static int checked(int result) { return result < 0 ? -errno : result; }

int warden_epoll_make(void) { return checked(epoll_create1(EPOLL_CLOEXEC)); }

static int control(int epoll, int operation, int fd, int watch, uint64_t tag) {
    struct epoll_event event = {
        .events = ((watch & WARDEN_WATCH_READ) != 0 ? EPOLLIN | EPOLLRDHUP : 0u)
            | ((watch & WARDEN_WATCH_WRITE) != 0 ? EPOLLOUT : 0u),
        .data.u64 = tag,
    };
    return checked(epoll_ctl(epoll, operation, fd, &event));
}

int warden_epoll_watch(int epoll, int fd, int watch, uint64_t tag) {
    return control(epoll, EPOLL_CTL_ADD, fd, watch, tag);
}

int warden_epoll_change(int epoll, int fd, int watch, uint64_t tag) {
    return control(epoll, EPOLL_CTL_MOD, fd, watch, tag);
}

void warden_epoll_forget(int epoll, int fd) { epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }

int warden_epoll_wait(int epoll, warden_ready *ready, int timeout_ms) {
    struct epoll_event events[WARDEN_READY_BATCH];
    int count = epoll_wait(epoll, events, WARDEN_READY_BATCH, timeout_ms);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int index = 0; index < count; index++) {
        uint32_t flags = events[index].events;
        ready[index] = (warden_ready){
            .tag = events[index].data.u64,
            .is_readable = (flags & EPOLLIN) != 0,
            .is_writable = (flags & EPOLLOUT) != 0,
            .is_gone = (flags & (EPOLLHUP | EPOLLERR)) != 0,
        };
    }
    return count;
}

int warden_event_make(bool blocks) { return checked(eventfd(0, EFD_CLOEXEC | (blocks ? 0 : EFD_NONBLOCK))); }

void warden_event_raise(int event) {
    uint64_t one = 1;
    // The counter holds 2^64 - 2, so that the write never finds it full.
    while (write(event, &one, sizeof(one)) < 0 && errno == EINTR) {}
}

bool warden_event_take(int event) {
    uint64_t count = 0;
    ssize_t got;
    do got = read(event, &count, sizeof(count));
    while (got < 0 && errno == EINTR);
    return got == sizeof(count);
}

int warden_timer_make(void) { return checked(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)); }

void warden_timer_set(int timer, int64_t at_ns) {
    struct itimerspec when = {.it_value = {.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

void warden_timer_take(int timer) {
    uint64_t expirations;
    while (read(timer, &expirations, sizeof(expirations)) < 0 && errno == EINTR) {}
}

static void arm_clock_watch(int watch) {
    // In the year 2255, a little before the kernel's nanoseconds overflow: only a step of the clock ends the wait.
    struct itimerspec when = {.it_value = {.tv_sec = 9000000000}};
    timerfd_settime(watch, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

int warden_clock_watch_make(void) {
    int watch = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (watch < 0) return -errno;
    arm_clock_watch(watch);
    return watch;
}

void warden_clock_watch_take(int watch) {
    uint64_t expirations;
    while (read(watch, &expirations, sizeof(expirations)) < 0 && errno == EINTR) {}
    arm_clock_watch(watch);
}

static sigset_t ending_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

int warden_signals_make(void) {
    sigset_t set = ending_signals();
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -errno;
    signal(SIGPIPE, SIG_IGN);
    return checked(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int warden_signals_take(int signals) {
    struct signalfd_siginfo information;
    ssize_t got;
    do got = read(signals, &information, sizeof(information));
    while (got < 0 && errno == EINTR);
    return got == sizeof(information) ? (int)information.ssi_signo : 0;
}

bool warden_signal_ends(int signal_number) { return signal_number == SIGTERM || signal_number == SIGINT; }

int64_t warden_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

warden_wall_clock warden_wall_clock_read(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct timex discipline = {.modes = 0};
    int state = adjtimex(&discipline);
    return (warden_wall_clock){
        .unix_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
        .is_synchronised = state >= 0 && state != TIME_ERROR && (discipline.status & STA_UNSYNC) == 0,
    };
}
