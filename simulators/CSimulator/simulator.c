#define _GNU_SOURCE
#include "CSimulator.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int argument_count;
static char **arguments;

// glibc hands the arguments to constructors; Embedded Swift hands them to nobody.
__attribute__((constructor)) static void take_arguments(int count, char **values)
{
    argument_count = count;
    arguments = values;
}

int simulator_argument_count(void) { return argument_count; }
const char *simulator_argument(int index) { return arguments[index]; }

int simulator_become(const char *name)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (length < 0) return -errno;
    path[length] = 0;
    char *end = strrchr(path, '/') + 1;
    if (strlen(name) >= sizeof(path) - (size_t)(end - path)) return -ENAMETOOLONG;
    strcpy(end, name);
    execv(path, arguments + 1);
    return -errno;
}

int simulator_open(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int simulator_create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    return fd < 0 ? -errno : fd;
}

int64_t simulator_size(int fd)
{
    struct stat status;
    return fstat(fd, &status) < 0 ? -errno : status.st_size;
}

bool simulator_is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

long simulator_read(int fd, void *bytes, size_t capacity)
{
    ssize_t count;
    do count = read(fd, bytes, capacity);
    while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : count;
}

int simulator_write(int fd, const void *bytes, size_t count)
{
    const char *rest = bytes;
    while (count > 0) {
        ssize_t written = write(fd, rest, count);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return -errno;
        rest += written;
        count -= (size_t)written;
    }
    return 0;
}

void simulator_close(int fd) { close(fd); }
const char *simulator_error_text(int error) { return strerror(error < 0 ? -error : error); }

bool simulator_is_terminal(int fd) { return isatty(fd) == 1; }

void simulator_terminal_size(int *rows, int *columns)
{
    struct winsize size;
    *rows = 24;
    *columns = 80;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        *rows = size.ws_row;
        *columns = size.ws_col;
    }
}

bool simulator_has_colour(void)
{
    const char *terminal = getenv("TERM");
    return getenv("NO_COLOR") == NULL && (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

static struct termios kept;
static bool is_raw;

void simulator_terminal_restore(void)
{
    if (!is_raw) return;
    is_raw = false;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &kept);
}

int simulator_terminal_raw(void)
{
    struct termios raw;
    if (tcgetattr(STDIN_FILENO, &kept) < 0) return -errno;
    raw = kept;
    // Keys come one at a time and unechoed; Ctrl-C still ends the program, and output still maps line ends.
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_iflag &= ~(tcflag_t)(ICRNL | IXON);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0) return -errno;
    is_raw = true;
    atexit(simulator_terminal_restore);
    return 0;
}

int64_t simulator_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static volatile sig_atomic_t end_asked;
static void note_end(int signal_number)
{
    (void)signal_number;
    end_asked = 1;
}

void simulator_catch_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note_end;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    // Whoever started the process may have blocked them.
    sigset_t asked;
    sigemptyset(&asked);
    sigaddset(&asked, SIGINT);
    sigaddset(&asked, SIGTERM);
    sigprocmask(SIG_UNBLOCK, &asked, NULL);
    // A reader of the output that is gone is an error of the write.
    signal(SIGPIPE, SIG_IGN);
}

bool simulator_end_asked(void) { return end_asked != 0; }

void simulator_exit(int code) { exit(code); }
