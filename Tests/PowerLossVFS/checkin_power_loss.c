#include "checkin_power_loss.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One write, or a truncation to `offset` when there is no data. */
typedef struct Operation {
  struct Operation *next;
  int64_t offset;
  int length;
  unsigned char *data;
} Operation;

/* A file as the process sees it, and what of that the disk has not been told to keep. */
typedef struct Disk {
  struct Disk *next;
  char *path;
  unsigned char *bytes;
  int64_t size, room;
  Operation *first, **last;
} Disk;

typedef struct {
  sqlite3_file base;
  Disk *disk;
} File;

static sqlite3_vfs layer, *real;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char folder[4096];
static size_t folderLength;
static Disk *disks;
static int64_t operations, awaited;
static void (*reached)(void *);
static void *context;

static sqlite3_file *realFile(sqlite3_file *file) { return (sqlite3_file *)((File *)file + 1); }

static void forget(Disk *disk) {
  while (disk->first) {
    Operation *next = disk->first->next;
    free(disk->first->data);
    free(disk->first);
    disk->first = next;
  }
  disk->last = &disk->first;
}

static Disk *diskOf(const char *path) {
  for (Disk *disk = disks; disk; disk = disk->next)
    if (strcmp(disk->path, path) == 0) return disk;
  return NULL;
}

/* Called without the mutex: what it calls may look at the files. */
static void step(void) {
  pthread_mutex_lock(&mutex);
  int isReached = ++operations == awaited && reached != NULL;
  pthread_mutex_unlock(&mutex);
  if (isReached) reached(context);
}

static int grow(Disk *disk, int64_t size) {
  if (size > disk->room) {
    int64_t room = size * 2;
    unsigned char *bytes = realloc(disk->bytes, room);
    if (!bytes) return SQLITE_NOMEM;
    disk->bytes = bytes;
    disk->room = room;
  }
  if (size > disk->size) {
    memset(disk->bytes + disk->size, 0, size - disk->size);
    disk->size = size;
  }
  return SQLITE_OK;
}

static int note(Disk *disk, const void *data, int length, int64_t offset) {
  Operation *operation = calloc(1, sizeof *operation);
  if (!operation) return SQLITE_NOMEM;
  operation->offset = offset;
  operation->length = length;
  if (data) {
    operation->data = malloc(length);
    if (!operation->data) {
      free(operation);
      return SQLITE_NOMEM;
    }
    memcpy(operation->data, data, length);
  }
  *disk->last = operation;
  disk->last = &operation->next;
  return SQLITE_OK;
}

static int closeFile(sqlite3_file *file) { return realFile(file)->pMethods->xClose(realFile(file)); }

static int readFile(sqlite3_file *file, void *target, int length, sqlite3_int64 offset) {
  Disk *disk = ((File *)file)->disk;
  pthread_mutex_lock(&mutex);
  int64_t there = disk->size - offset;
  if (there < 0) there = 0;
  if (there > length) there = length;
  memcpy(target, disk->bytes + offset, there);
  memset((char *)target + there, 0, length - there);
  pthread_mutex_unlock(&mutex);
  return there == length ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int writeFile(sqlite3_file *file, const void *data, int length, sqlite3_int64 offset) {
  step();
  Disk *disk = ((File *)file)->disk;
  pthread_mutex_lock(&mutex);
  int result = grow(disk, offset + length);
  if (result == SQLITE_OK) {
    memcpy(disk->bytes + offset, data, length);
    result = note(disk, data, length, offset);
  }
  pthread_mutex_unlock(&mutex);
  return result;
}

static int truncateFile(sqlite3_file *file, sqlite3_int64 size) {
  step();
  Disk *disk = ((File *)file)->disk;
  pthread_mutex_lock(&mutex);
  if (size < disk->size) disk->size = size;
  int result = note(disk, NULL, 0, size);
  pthread_mutex_unlock(&mutex);
  return result;
}

static int syncFile(sqlite3_file *file, int flags) {
  (void)flags;
  step();
  Disk *disk = ((File *)file)->disk;
  sqlite3_file *below = realFile(file);
  int result = SQLITE_OK;
  pthread_mutex_lock(&mutex);
  for (Operation *operation = disk->first; operation && result == SQLITE_OK;
       operation = operation->next)
    result = operation->data ? below->pMethods->xWrite(below, operation->data, operation->length,
                                                       operation->offset)
                             : below->pMethods->xTruncate(below, operation->offset);
  if (result == SQLITE_OK) forget(disk);
  pthread_mutex_unlock(&mutex);
  return result;
}

static int sizeOfFile(sqlite3_file *file, sqlite3_int64 *size) {
  pthread_mutex_lock(&mutex);
  *size = ((File *)file)->disk->size;
  pthread_mutex_unlock(&mutex);
  return SQLITE_OK;
}

static int lockFile(sqlite3_file *f, int l) { return realFile(f)->pMethods->xLock(realFile(f), l); }
static int unlockFile(sqlite3_file *f, int l) {
  return realFile(f)->pMethods->xUnlock(realFile(f), l);
}
static int checkLock(sqlite3_file *f, int *r) {
  return realFile(f)->pMethods->xCheckReservedLock(realFile(f), r);
}
static int control(sqlite3_file *f, int operation, void *argument) {
  // What would change the file below past this layer.
  if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
  if (operation == SQLITE_FCNTL_MMAP_SIZE) return SQLITE_NOTFOUND;
  return realFile(f)->pMethods->xFileControl(realFile(f), operation, argument);
}
static int sectorSize(sqlite3_file *f) { return realFile(f)->pMethods->xSectorSize(realFile(f)); }
static int characteristics(sqlite3_file *f) {
  return realFile(f)->pMethods->xDeviceCharacteristics(realFile(f));
}
static int shmMap(sqlite3_file *f, int page, int size, int extend, void volatile **map) {
  return realFile(f)->pMethods->xShmMap(realFile(f), page, size, extend, map);
}
static int shmLock(sqlite3_file *f, int offset, int n, int flags) {
  return realFile(f)->pMethods->xShmLock(realFile(f), offset, n, flags);
}
static void shmBarrier(sqlite3_file *f) { realFile(f)->pMethods->xShmBarrier(realFile(f)); }
static int shmUnmap(sqlite3_file *f, int delete) {
  return realFile(f)->pMethods->xShmUnmap(realFile(f), delete);
}

static const sqlite3_io_methods methods = {
    2,           closeFile, readFile,   writeFile, truncateFile, syncFile,
    sizeOfFile,  lockFile,  unlockFile, checkLock, control,      sectorSize,
    characteristics, shmMap, shmLock,   shmBarrier, shmUnmap,    NULL,
    NULL};

static int isOurs(const char *path) {
  return path && folderLength && strncmp(path, folder, folderLength) == 0 &&
         path[folderLength] == '/';
}

static int openFile(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out) {
  (void)vfs;
  if (!isOurs(path) || !(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)))
    return real->xOpen(real, path, file, flags, out);
  file->pMethods = NULL;
  sqlite3_file *below = realFile(file);
  int result = real->xOpen(real, path, below, flags, out);
  if (result != SQLITE_OK) return result;
  pthread_mutex_lock(&mutex);
  Disk *disk = diskOf(path);
  sqlite3_int64 size = 0;
  if (!disk) {
    disk = calloc(1, sizeof *disk);
    result = disk ? below->pMethods->xFileSize(below, &size) : SQLITE_NOMEM;
    if (disk) {
      disk->last = &disk->first;
      disk->path = strdup(path);
      disk->next = disks;
      disks = disk;
    }
    if (result == SQLITE_OK) result = grow(disk, size);
    if (result == SQLITE_OK && size > 0)
      result = below->pMethods->xRead(below, disk->bytes, (int)size, 0);
  }
  pthread_mutex_unlock(&mutex);
  if (result != SQLITE_OK) {
    below->pMethods->xClose(below);
    return result;
  }
  ((File *)file)->disk = disk;
  file->pMethods = &methods;
  return SQLITE_OK;
}

static int deleteFile(sqlite3_vfs *vfs, const char *path, int synchronize) {
  (void)vfs;
  if (isOurs(path)) {
    pthread_mutex_lock(&mutex);
    Disk *disk = diskOf(path);
    if (disk) {
      forget(disk);
      disk->size = 0;
    }
    pthread_mutex_unlock(&mutex);
  }
  return real->xDelete(real, path, synchronize);
}

void checkin_power_loss_begin(const char *path, int64_t operation, void (*function)(void *),
                              void *argument) {
  sqlite3_initialize();
  if (!real) {
    real = sqlite3_vfs_find(NULL);
    layer = *real;
    layer.zName = "checkin-power-loss";
    layer.szOsFile = real->szOsFile + (int)sizeof(File);
    layer.pNext = NULL;
    layer.xOpen = openFile;
    layer.xDelete = deleteFile;
    sqlite3_vfs_register(&layer, 1);
  }
  pthread_mutex_lock(&mutex);
  strncpy(folder, path, sizeof folder - 1);
  folderLength = strlen(folder);
  operations = 0;
  awaited = operation;
  reached = function;
  context = argument;
  pthread_mutex_unlock(&mutex);
}

int64_t checkin_power_loss_end(void) {
  pthread_mutex_lock(&mutex);
  int64_t count = operations;
  folderLength = 0;
  reached = NULL;
  while (disks) {
    Disk *next = disks->next;
    forget(disks);
    free(disks->bytes);
    free(disks->path);
    free(disks);
    disks = next;
  }
  pthread_mutex_unlock(&mutex);
  return count;
}

static uint64_t draw(uint64_t *state) {
  uint64_t mixed = *state += 0x9e3779b97f4a7c15u;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
  return mixed ^ mixed >> 31;
}

/* Whole sectors of 512 bytes arrive or do not. */
static int writePart(int file, const Operation *operation, uint64_t *state, int isTorn) {
  for (int place = 0; place < operation->length;) {
    int64_t offset = operation->offset + place;
    int count = 512 - (int)(offset % 512);
    if (count > operation->length - place) count = operation->length - place;
    if ((!isTorn || draw(state) % 2) &&
        pwrite(file, operation->data + place, count, offset) != count)
      return -1;
    place += count;
  }
  return 0;
}

int checkin_power_loss_apply(const char *image, uint64_t seed) {
  uint64_t state = seed;
  int failed = 0;
  pthread_mutex_lock(&mutex);
  // Each cut has its own luck: all lost, all arrived, or anything.
  uint64_t luck = draw(&state) % 4;
  for (Disk *disk = disks; disk && !failed; disk = disk->next) {
    if (!disk->first) continue;
    char path[8192];
    size_t length = strlen(image);
    if (length + strlen(disk->path) - folderLength >= sizeof path) failed = 1;
    if (failed) break;
    memcpy(path, image, length);
    strcpy(path + length, disk->path + folderLength);
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) continue;
    for (Operation *operation = disk->first; operation && !failed; operation = operation->next) {
      uint64_t lot = luck == 0 ? 0 : luck == 1 ? 1 : draw(&state) % 3;
      if (lot == 0) continue;
      if (operation->data)
        failed = writePart(file, operation, &state, lot == 2) != 0;
      else
        failed = ftruncate(file, operation->offset) != 0;
    }
    close(file);
  }
  pthread_mutex_unlock(&mutex);
  return failed ? -1 : 0;
}
