/*
 * For CONCORD_NO_NT_TYPES, at the beginning of each header: the short names of integers mean Concord's own types until
 * concord_show.h, which gives back whatever they meant before. Included as often as there are headers.
 */
#pragma push_macro("PVOID")
#undef PVOID
#define PVOID CONCORD_PVOID
#pragma push_macro("CCHAR")
#undef CCHAR
#define CCHAR CONCORD_CCHAR
#pragma push_macro("KPROCESSOR_MODE")
#undef KPROCESSOR_MODE
#define KPROCESSOR_MODE CONCORD_KPROCESSOR_MODE
#pragma push_macro("CSHORT")
#undef CSHORT
#define CSHORT CONCORD_CSHORT
#pragma push_macro("SHORT")
#undef SHORT
#define SHORT CONCORD_SHORT
#pragma push_macro("USHORT")
#undef USHORT
#define USHORT CONCORD_USHORT
#pragma push_macro("LONG")
#undef LONG
#define LONG CONCORD_LONG
#pragma push_macro("ULONG")
#undef ULONG
#define ULONG CONCORD_ULONG
#pragma push_macro("PULONG")
#undef PULONG
#define PULONG CONCORD_PULONG
#pragma push_macro("LONGLONG")
#undef LONGLONG
#define LONGLONG CONCORD_LONGLONG
#pragma push_macro("ULONGLONG")
#undef ULONGLONG
#define ULONGLONG CONCORD_ULONGLONG
#pragma push_macro("ULONG_PTR")
#undef ULONG_PTR
#define ULONG_PTR CONCORD_ULONG_PTR
#pragma push_macro("SIZE_T")
#undef SIZE_T
#define SIZE_T CONCORD_SIZE_T
#pragma push_macro("BOOLEAN")
#undef BOOLEAN
#define BOOLEAN CONCORD_BOOLEAN
#pragma push_macro("PBOOLEAN")
#undef PBOOLEAN
#define PBOOLEAN CONCORD_PBOOLEAN
#pragma push_macro("UCHAR")
#undef UCHAR
#define UCHAR CONCORD_UCHAR
#pragma push_macro("PUCHAR")
#undef PUCHAR
#define PUCHAR CONCORD_PUCHAR
