/* Preloaded into the service: logs what it writes, truncates and syncs in files whose path has $SHIM_MATCH in it, so that a
   power cut can be played afterwards. A record: operation (W, T, S; D deletes), file (1 database, 2 write-ahead log, 3 journal),
   two bytes of nothing, length and offset in the machine's order; after a W the bytes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 65536
#define REAL(result, name, ...) static result (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -1;
static const char *match;
static char kind[FILES];

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

static char kind_of(const char *path) {
    if (!match || !strstr(path, match)) return 0;
    return ends_with(path, match) ? 1 : ends_with(path, "-wal") ? 2 : ends_with(path, "-journal") ? 3 : 0;
}

static int note(int file, const char *path) {
    init();
    if (file >= 0 && file < FILES) kind[file] = kind_of(path);
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

ssize_t pwrite64(int file, const void *data, size_t length, off64_t offset) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    if (!is_ours(file)) return real(file, data, length, offset);
    pthread_mutex_lock(&mutex);
    ssize_t written = real(file, data, length, offset);
    if (written > 0) put('W', kind[file], offset, data, written);
    pthread_mutex_unlock(&mutex);
    return written;
}

ssize_t pwrite(int file, const void *data, size_t length, off_t offset) { return pwrite64(file, data, length, offset); }

ssize_t write(int file, const void *data, size_t length) {
    REAL(ssize_t, "write", int, const void *, size_t);
    if (!is_ours(file)) return real(file, data, length);
    pthread_mutex_lock(&mutex);
    off_t offset = lseek(file, 0, SEEK_CUR);
    ssize_t written = real(file, data, length);
    if (written > 0) put('W', kind[file], offset, data, written);
    pthread_mutex_unlock(&mutex);
    return written;
}

int ftruncate64(int file, off64_t length) {
    REAL(int, "ftruncate64", int, off64_t);
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
    if (!result) put('S', kind[file], 0, 0, 0);
    pthread_mutex_unlock(&mutex);
    return result;
}

int fdatasync(int file) { REAL(int, "fdatasync", int); return synced(file, real); }

int fsync(int file) { REAL(int, "fsync", int); return synced(file, real); }
