/* SPDX-License-Identifier: Apache-2.0
 *
 * Preloaded into one process: its wall clock goes wrong by the seconds that stand in the file
 * $RELAIS_TEST_CLOCK, which may change at any time. libfaketime does not serve: it moves
 * timespec_get() and not the waits of C11 threads, so that librdkafka's waits never end.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long wrong_by_s(void)
{
    const char *path = getenv("RELAIS_TEST_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    char text[32];
    ssize_t len = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;

    if (fd >= 0) {
        (void)close(fd); /* only read from */
    }
    text[len > 0 ? len : 0] = '\0';
    return strtol(text, NULL, 10);
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, id, now);

    if (!failed && id == CLOCK_REALTIME) {
        now->tv_sec += wrong_by_s();
    }
    return failed;
}
