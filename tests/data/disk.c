// A disk that turns read-only under a running process: while the file named by READ_ONLY_WHILE is there, files are neither made nor written.
// And one that fails: while the file named by FAILS_WHILE is there, no file is read, made or written.
// Loaded before the C library's own functions; a mount with open files cannot be made read-only from outside.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_there(const char *name) {
    const char *flag = getenv(name);
    return flag && access(flag, F_OK) == 0;
}

static int fails(void) {
    errno = EIO;
    return is_there("FAILS_WHILE");
}

static int refused(void) {
    if (fails()) return 1;
    errno = EROFS;
    return is_there("READ_ONLY_WHILE");
}

static int is_file(int fd) {
    struct stat file;
    return fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
}

#define MOVES(name, unless, parameters, arguments) \
    ssize_t name parameters { \
        static ssize_t(*own) parameters; \
        if (!own) own = dlsym(RTLD_NEXT, #name); \
        return is_file(fd) && unless() ? -1 : own arguments; \
    }
MOVES(write, refused, (int fd, const void *from, size_t length), (fd, from, length))
MOVES(pwrite, refused, (int fd, const void *from, size_t length, off_t at), (fd, from, length, at))
MOVES(pwrite64, refused, (int fd, const void *from, size_t length, off64_t at), (fd, from, length, at))
MOVES(read, fails, (int fd, void *to, size_t length), (fd, to, length))
MOVES(pread, fails, (int fd, void *to, size_t length, off_t at), (fd, to, length, at))
MOVES(pread64, fails, (int fd, void *to, size_t length, off64_t at), (fd, to, length, at))

#define OPENS(name) \
    int name(const char *path, int flags, ...) { \
        static int (*own)(const char *, int, ...); \
        va_list more; \
        va_start(more, flags); \
        int mode = va_arg(more, int); \
        va_end(more); \
        if (!own) own = dlsym(RTLD_NEXT, #name); \
        return (flags & O_CREAT) && refused() ? -1 : own(path, flags, mode); \
    }
OPENS(open)
OPENS(open64)
