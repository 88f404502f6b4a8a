/* Preloaded into the service or into PostgreSQL. Two things, each only where its variable is set:

   $SHIM_LOG is a file to log in what is written, truncated and synced in files whose path has $SHIM_MATCH in it, so that a
   power cut can be played afterwards. A record: operation (W, T, S; D deletes), file (1 database, 2 write-ahead log, 3 journal,
   4 a segment of PostgreSQL's log), two bytes of nothing, length and offset in the machine's order; after a W the bytes. Of a
   segment the offset counts from the beginning of the whole log, and the bytes are those that were there before.

   $SHIM_CONTROL is a file with a struct control: what is wrong now. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FILES 65536
#define SEGMENT (16ULL << 20)
#define LARGEST 65536
#define REAL(result, name, ...) static result (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -1;
static const char *match;
static char kind[FILES];
static uint64_t segment[FILES];

/* How far the clock is put forward in seconds; whether files with $SHIM_FULL in their path cannot grow; of how many draws of
   randomness one fails, 0 for none. */
struct control { volatile int64_t ahead; volatile int32_t full, no_entropy; };
static struct control *control;

__attribute__((constructor)) static void find_control(void) {
    const char *path = getenv("SHIM_CONTROL");
    int file = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *mapped = mmap(0, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) control = mapped;
    syscall(SYS_close, file);
}

struct record { char operation, file; uint16_t nothing; uint32_t length; uint64_t offset; };

static void init(void) {
    const char *path = getenv("SHIM_LOG");
    if (log_file >= 0 || !path) return;
    match = getenv("SHIM_MATCH");
    REAL(int, "open64", const char *, int, ...);
    log_file = real(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static void put(char operation, char file, uint64_t offset, const void *data, size_t length) {
    struct record record = { operation, file, 0, (uint32_t)length, offset };
    struct iovec parts[2] = { { &record, sizeof record }, { (void *)data, length } };
    if (writev(log_file, parts, length ? 2 : 1) < 0) _exit(99);
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && !strcmp(text + length - wanted, end);
}

/* The number of a segment of PostgreSQL's log: its name is 24 hexadecimal digits, the first 8 the timeline. */
static int is_segment(const char *path, uint64_t *number) {
    const char *name = strrchr(path, '/');
    unsigned timeline, high, low;
    if (!name || strlen(++name) != 24 || sscanf(name, "%8x%8x%8x", &timeline, &high, &low) != 3) return 0;
    *number = ((uint64_t)high << 8) + low;
    return 1;
}

static char kind_of(const char *path) {
    uint64_t number;
    if (!match || !strstr(path, match)) return 0;
    if (is_segment(path, &number)) return 4;
    return ends_with(path, match) ? 1 : ends_with(path, "-wal") ? 2 : ends_with(path, "-journal") ? 3 : 0;
}

static int note(int file, const char *path) {
    init();
    if (file < 0 || file >= FILES) return file;
    kind[file] = kind_of(path);
    if (kind[file] == 4) is_segment(path, &segment[file]);
    return file;
}

static int is_ours(int file) { return file >= 0 && file < FILES && kind[file]; }

int open64(const char *path, int flags, ...) {
    REAL(int, "open64", const char *, int, ...);
    va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); va_end(rest);
    return note(real(path, flags, mode), path);
}

int open(const char *path, int flags, ...) {
    REAL(int, "open", const char *, int, ...);
    va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); va_end(rest);
    return note(real(path, flags, mode), path);
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    char file = kind_of(path);
    if (!file) return real(path);
    pthread_mutex_lock(&mutex);
    int result = real(path);
    if (!result) put('D', file, 0, 0, 0);
    pthread_mutex_unlock(&mutex);
    return result;
}

int close(int file) {
    REAL(int, "close", int);
    if (file >= 0 && file < FILES) kind[file] = 0;
    return real(file);
}

/* Whether the disk is full for a file of which as many bytes are to be there. */
static int is_full(int file, uint64_t end) {
    if (!control || !control->full) return 0;
    const char *wanted = getenv("SHIM_FULL");
    char link[64], path[4096];
    struct stat known;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (!wanted || length < 0 || fstat(file, &known) || !S_ISREG(known.st_mode)) return 0;
    path[length] = 0;
    if (!strstr(path, wanted) || end <= (uint64_t)known.st_size) return 0;
    errno = ENOSPC;
    return 1;
}

/* Notes what is there before a part of a segment is written: it can be put back, whatever becomes of the process. */
static void put_old(int file, size_t length, uint64_t offset) {
    char old[LARGEST];
    for (size_t at = 0; at < length; at += LARGEST) {
        size_t part = length - at < LARGEST ? length - at : LARGEST;
        memset(old, 0, part);
        if (pread(file, old, part, offset + at) < 0) _exit(98);
        put('W', 4, segment[file] * SEGMENT + offset + at, old, part);
    }
}

static ssize_t written_at(int file, const void *data, size_t length, uint64_t offset, ssize_t (*real)(int, const void *, size_t, off64_t)) {
    if (is_full(file, offset + length)) return -1;
    if (!is_ours(file)) return real(file, data, length, offset);
    pthread_mutex_lock(&mutex);
    if (kind[file] == 4) put_old(file, length, offset);
    ssize_t written = real(file, data, length, offset);
    if (written > 0 && kind[file] != 4) put('W', kind[file], offset, data, written);
    pthread_mutex_unlock(&mutex);
    return written;
}

ssize_t pwrite64(int file, const void *data, size_t length, off64_t offset) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    return written_at(file, data, length, offset, real);
}

ssize_t pwrite(int file, const void *data, size_t length, off_t offset) { return pwrite64(file, data, length, offset); }

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t offset) {
    REAL(ssize_t, "pwritev64", int, const struct iovec *, int, off64_t);
    size_t length = 0;
    for (int at = 0; at < count; at++) length += parts[at].iov_len;
    if (is_full(file, offset + length)) return -1;
    if (is_ours(file) && kind[file] == 4) put_old(file, length, offset);
    return real(file, parts, count, offset);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t offset) { return pwritev64(file, parts, count, offset); }

ssize_t write(int file, const void *data, size_t length) {
    REAL(ssize_t, "write", int, const void *, size_t);
    if (control && control->full && is_full(file, lseek(file, 0, SEEK_CUR) + length)) return -1;
    if (!is_ours(file)) return real(file, data, length);
    pthread_mutex_lock(&mutex);
    off_t offset = lseek(file, 0, SEEK_CUR);
    if (kind[file] == 4) put_old(file, length, offset);
    ssize_t written = real(file, data, length);
    if (written > 0 && kind[file] != 4) put('W', kind[file], offset, data, written);
    pthread_mutex_unlock(&mutex);
    return written;
}

int posix_fallocate64(int file, off64_t offset, off64_t length) {
    REAL(int, "posix_fallocate64", int, off64_t, off64_t);
    return is_full(file, offset + length) ? ENOSPC : real(file, offset, length);
}

int posix_fallocate(int file, off_t offset, off_t length) { return posix_fallocate64(file, offset, length); }

int ftruncate64(int file, off64_t length) {
    REAL(int, "ftruncate64", int, off64_t);
    if (is_full(file, length)) return -1;
    if (!is_ours(file)) return real(file, length);
    pthread_mutex_lock(&mutex);
    int result = real(file, length);
    if (!result) put('T', kind[file], length, 0, 0);
    pthread_mutex_unlock(&mutex);
    return result;
}

int ftruncate(int file, off_t length) { return ftruncate64(file, length); }

static int synced(int file, int (*real)(int)) {
    if (!is_ours(file)) return real(file);
    pthread_mutex_lock(&mutex);
    int result = real(file);
    if (!result) put('S', kind[file], kind[file] == 4 ? segment[file] * SEGMENT : 0, 0, 0);
    pthread_mutex_unlock(&mutex);
    return result;
}

int fdatasync(int file) { REAL(int, "fdatasync", int); return synced(file, real); }

int fsync(int file) { REAL(int, "fsync", int); return synced(file, real); }

/* The wall clock is wrong; the monotonic one never is. */
int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(int, "clock_gettime", clockid_t, struct timespec *);
    int result = real(clock, now);
    if (!result && control && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += control->ahead;
    return result;
}

int gettimeofday(struct timeval *now, void *zone) {
    REAL(int, "gettimeofday", struct timeval *, void *);
    int result = real(now, zone);
    if (!result && control) now->tv_sec += control->ahead;
    return result;
}

time_t time(time_t *now) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    if (now) *now = time.tv_sec;
    return time.tv_sec;
}

ssize_t getrandom(void *bytes, size_t length, unsigned flags) {
    REAL(ssize_t, "getrandom", void *, size_t, unsigned);
    static uint32_t draws;
    int one_of = control ? control->no_entropy : 0;
    if (one_of && __atomic_add_fetch(&draws, 1, __ATOMIC_RELAXED) % one_of == 0) {
        errno = EIO;
        return -1;
    }
    return real(bytes, length, flags);
}
