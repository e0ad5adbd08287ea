/*
 * What lies in an image, in blocks of 4096 bytes: a superblock, two restart areas, the log, a bitmap with a bit for
 * each block, the directory, which is an array of file records, and the files' blocks. Numbers are as the processor
 * has them.
 */
#ifndef CFS_ONDISK_H
#define CFS_ONDISK_H

#include <ntifs.h>

#define CFS_BLOCK 4096u
#define CFS_SECTOR 512u
#define CFS_MAGIC 0x313053464e4f43ULL /* "CONFS01" */

typedef struct _SUPER_BLOCK {
  ULONGLONG Magic;
  ULONG BlockCount;
  ULONG LogBlock, LogBlocks;
  ULONG BitmapBlock, BitmapBlocks;
  ULONG RecordBlock, RecordBlocks;
  ULONG DataBlock; /* the first that files may have */
  ULONGLONG Checksum;
} SUPER_BLOCK, *PSUPER_BLOCK;

/*
 * Where the log begins to count. There are two, in blocks of their own, and the one with the higher number counts:
 * while one is written the other is whole.
 */
#define CFS_RESTART_BLOCK 1u

typedef struct _RESTART_AREA {
  ULONGLONG Magic;
  LONGLONG StartLsn; /* the number of the log's first byte */
  ULONGLONG Checksum;
} RESTART_AREA, *PRESTART_AREA;

/*
 * The log: from its first byte on, records one after another, each one transaction. A record counts when its number is
 * that of its place, its checksum is right, and the one before it counts.
 */
typedef struct _LOG_RECORD {
  ULONGLONG Magic;
  LONGLONG Lsn;
  ULONG Bytes; /* of the record with its changes */
  ULONG Changes;
  ULONGLONG Checksum; /* of all of them, with a 0 here */
} LOG_RECORD, *PLOG_RECORD;

/* Bytes of the image as they are afterwards; they follow, filled up to 8. */
typedef struct _LOG_CHANGE {
  LONGLONG Offset;
  ULONG Length;
  ULONG Reserved;
} LOG_CHANGE, *PLOG_CHANGE;

typedef struct _EXTENT {
  ULONG Block;
  ULONG Count;
} EXTENT, *PEXTENT;

#define CFS_NAME_CHARACTERS 60
#define CFS_EXTENTS 45
#define CFS_RECORD_IN_USE 0x1u

/* A file: its name in the directory and all that is known of it. Bytes from ValidDataLength on read as zeros. */
typedef struct _FILE_RECORD {
  ULONG Flags;
  USHORT NameBytes;
  USHORT ExtentCount;
  LONGLONG FileSize;
  LONGLONG ValidDataLength;
  WCHAR Name[CFS_NAME_CHARACTERS];
  EXTENT Extents[CFS_EXTENTS];
  ULONG Reserved[2];
} FILE_RECORD, *PFILE_RECORD;

#define CFS_RECORDS_PER_BLOCK (CFS_BLOCK / sizeof(FILE_RECORD))

_Static_assert(sizeof(FILE_RECORD) == CFS_SECTOR, "a record is a sector");

#endif
