/*
 * The words that code for Windows' kernel is full of, and that need no library: annotations, flags, lists, strings, bytes.
 * Each has the meaning that is documented for it; what has no meaning in a program of a user is said where it stands.
 */
#ifndef CONCORD_WORDS_H
#define CONCORD_WORDS_H

#include "concord.h"

#include <string.h>

#ifdef CONCORD_NO_NT_TYPES
#include "concord_hide.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Annotations: for analysers of code, and nothing to a compiler ---- */

#ifndef _In_
#define _In_
#define _In_opt_
#define _Out_
#define _Out_opt_
#define _Inout_
#define _Inout_opt_
#define _Outptr_
#define _Outptr_opt_
#define _Outptr_result_maybenull_
#define _Reserved_
#define _Pre_notnull_
#define _Post_notnull_
#define _In_z_
#define _In_reads_(Count)
#define _In_reads_bytes_(Bytes)
#define _In_reads_bytes_opt_(Bytes)
#define _Out_writes_(Count)
#define _Out_writes_bytes_(Bytes)
#define _Out_writes_bytes_to_(Bytes, Written)
#define _Inout_updates_bytes_(Bytes)
#define _Field_size_bytes_(Bytes)
#define _When_(Condition, Annotation)
#define _At_(Target, Annotation)
#define _Success_(Condition)
#define _Must_inspect_result_
#define _Check_return_
#define _Ret_maybenull_
#define _Function_class_(Class)
#define _IRQL_requires_(Level)
#define _IRQL_requires_max_(Level)
#define _IRQL_requires_min_(Level)
#define _IRQL_requires_same_
#define _IRQL_raises_(Level)
#define _IRQL_saves_
#define _IRQL_restores_
#define _Requires_lock_held_(Lock)
#define _Requires_exclusive_lock_held_(Lock)
#define _Acquires_lock_(Lock)
#define _Releases_lock_(Lock)
#define _Analysis_assume_(Condition)
#define _Dispatch_type_(Type)
#endif

#ifndef IN
#define IN
#define OUT
#define OPTIONAL
#endif

#ifndef CONST
#define CONST const
#endif

/* Conventions of calling are those of the system here. */
#ifndef NTAPI
#define NTAPI
#define FASTCALL
#define DECLSPEC_ALIGN(Bytes) __attribute__((aligned(Bytes)))
#define FORCEINLINE static inline __attribute__((always_inline))
#endif

/* No code of a program is paged in a way that could be wrong. */
#define PAGED_CODE() ((void)0)

#define UNREFERENCED_PARAMETER(Parameter) ((void)(Parameter))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(Variable) ((void)(Variable))

/* Checked where assert is. */
#ifndef NT_ASSERT
#include <assert.h>
#define NT_ASSERT(Condition) assert(Condition)
#endif
#ifndef ASSERT
#define ASSERT(Condition) NT_ASSERT(Condition)
#endif

/* ---- Flags, sizes, addresses ---- */

#ifndef FlagOn
#define FlagOn(Value, Flag) ((Value) & (Flag))
#define BooleanFlagOn(Value, Flag) ((BOOLEAN)(((Value) & (Flag)) != 0))
#define SetFlag(Value, Flag) ((Value) |= (Flag))
#define ClearFlag(Value, Flag) ((Value) &= ~(Flag))
#endif

#ifndef PAGE_SIZE
#define PAGE_SIZE 0x1000
#define PAGE_SHIFT 12
#endif
#define BYTE_OFFSET(Address) ((ULONG)((ULONG_PTR)(Address) & (PAGE_SIZE - 1)))
#define PAGE_ALIGN(Address) ((PVOID)((ULONG_PTR)(Address) & ~(ULONG_PTR)(PAGE_SIZE - 1)))
#define ROUND_TO_PAGES(Size) (((ULONG_PTR)(Size) + PAGE_SIZE - 1) & ~(ULONG_PTR)(PAGE_SIZE - 1))
#define BYTES_TO_PAGES(Size) (((Size) >> PAGE_SHIFT) + (((Size) & (PAGE_SIZE - 1)) != 0))
#define ADDRESS_AND_SIZE_TO_SPAN_PAGES(Address, Size) \
  ((ULONG)((((ULONG_PTR)(Address) & (PAGE_SIZE - 1)) + (ULONG_PTR)(Size) + PAGE_SIZE - 1) >> PAGE_SHIFT))

#define Add2Ptr(Pointer, Bytes) ((PVOID)((unsigned char *)(Pointer) + (Bytes)))
#define PtrOffset(Base, Pointer) ((ULONG)((ULONG_PTR)(Pointer) - (ULONG_PTR)(Base)))

#ifndef CONTAINING_RECORD
#define CONTAINING_RECORD(Address, Type, Field) ((Type *)((char *)(Address) - offsetof(Type, Field)))
#endif
#ifndef FIELD_OFFSET
#define FIELD_OFFSET(Type, Field) ((LONG)offsetof(Type, Field))
#endif
#ifndef RTL_NUMBER_OF
#define RTL_NUMBER_OF(Array) (sizeof(Array) / sizeof((Array)[0]))
#endif

/* ---- Bytes ---- */

#define RtlZeroMemory(Destination, Bytes) ((void)memset((Destination), 0, (Bytes)))
#define RtlFillMemory(Destination, Bytes, Value) ((void)memset((Destination), (Value), (Bytes)))
#define RtlCopyMemory(Destination, Source, Bytes) ((void)memcpy((Destination), (Source), (Bytes)))
#define RtlMoveMemory(Destination, Source, Bytes) ((void)memmove((Destination), (Source), (Bytes)))
#define RtlEqualMemory(One, Other, Bytes) (memcmp((One), (Other), (Bytes)) == 0)

/* ---- Lists: a head and its entries in a ring; who uses them sees to locks ---- */

typedef struct _LIST_ENTRY {
  struct _LIST_ENTRY *Flink;
  struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

static inline void InitializeListHead(PLIST_ENTRY Head) { Head->Flink = Head->Blink = Head; }

static inline BOOLEAN IsListEmpty(const LIST_ENTRY *Head) { return Head->Flink == Head; }

/* TRUE when the list is empty afterwards. */
static inline BOOLEAN RemoveEntryList(PLIST_ENTRY Entry) {
  Entry->Blink->Flink = Entry->Flink;
  Entry->Flink->Blink = Entry->Blink;
  return Entry->Flink == Entry->Blink;
}

static inline void InsertHeadList(PLIST_ENTRY Head, PLIST_ENTRY Entry) {
  Entry->Flink = Head->Flink;
  Entry->Blink = Head;
  Head->Flink->Blink = Entry;
  Head->Flink = Entry;
}

static inline void InsertTailList(PLIST_ENTRY Head, PLIST_ENTRY Entry) { InsertHeadList(Head->Blink, Entry); }

/* Of an empty list: its head. */
static inline PLIST_ENTRY RemoveHeadList(PLIST_ENTRY Head) {
  PLIST_ENTRY entry = Head->Flink;
  (void)RemoveEntryList(entry);
  return entry;
}

static inline PLIST_ENTRY RemoveTailList(PLIST_ENTRY Head) {
  PLIST_ENTRY entry = Head->Blink;
  (void)RemoveEntryList(entry);
  return entry;
}

/* ---- Strings of UTF-16: literals are u"text", since L"text" has wider characters here ---- */

typedef WCHAR *PWCHAR, *PWCH;
typedef const WCHAR *PCWSTR, *PCWCH;

typedef const UNICODE_STRING *PCUNICODE_STRING;

#define UNICODE_NULL ((WCHAR)0)

/* For a text that ends with a zero, or NULL; what is longer than a string can be is cut. */
static inline void RtlInitUnicodeString(PUNICODE_STRING Destination, PCWSTR Source) {
  size_t characters = 0;
  const size_t most = (0xFFFF / sizeof(WCHAR)) - 1;
  while (Source && Source[characters] && characters < most) characters++;
  Destination->Length = (USHORT)(characters * sizeof(WCHAR));
  Destination->MaximumLength = (USHORT)(Source ? Destination->Length + sizeof(WCHAR) : 0);
  Destination->Buffer = (PWCH)(uintptr_t)Source;
}

#ifdef __cplusplus
}
#endif

#ifdef CONCORD_NO_NT_TYPES
#include "concord_show.h"
#endif

#endif
