// A disk that turns read-only under a running process: while the file named by READ_ONLY_WHILE is there, files are neither made nor written.
// Loaded before the C library's own functions; a mount with open files cannot be made read-only from outside.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int refused(void) {
    const char *flag = getenv("READ_ONLY_WHILE");
    if (!flag || access(flag, F_OK) != 0) {
        return 0;
    }
    errno = EROFS;
    return 1;
}

static int refused_to(int fd) {
    struct stat file;
    return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && refused();
}

#define WRITES(name, parameters, arguments) \
    ssize_t name parameters { \
        static ssize_t(*own) parameters; \
        if (!own) own = dlsym(RTLD_NEXT, #name); \
        return refused_to(fd) ? -1 : own arguments; \
    }
WRITES(write, (int fd, const void *from, size_t length), (fd, from, length))
WRITES(pwrite, (int fd, const void *from, size_t length, off_t at), (fd, from, length, at))
WRITES(pwrite64, (int fd, const void *from, size_t length, off64_t at), (fd, from, length, at))

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
