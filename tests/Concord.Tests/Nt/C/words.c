/* What the headers bring without the library: lists, strings, sizes. Prints "done", or the line that is wrong. */
#include <wdm.h>

#include <stdio.h>

#define CHECK(Condition) \
  do { \
    if (!(Condition)) { \
      printf("line %d\n", __LINE__); \
      return 1; \
    } \
  } while (0)

typedef struct {
  int number;
  LIST_ENTRY link;
} ITEM;

#define NUMBER(Entry) (CONTAINING_RECORD(Entry, ITEM, link)->number)

static int lists(void) {
  LIST_ENTRY head;
  ITEM one = {.number = 1}, two = {.number = 2}, three = {.number = 3};
  InitializeListHead(&head);
  CHECK(IsListEmpty(&head) && RemoveHeadList(&head) == &head);
  InsertTailList(&head, &one.link);
  InsertTailList(&head, &two.link);
  InsertHeadList(&head, &three.link);
  CHECK(NUMBER(RemoveHeadList(&head)) == 3);
  CHECK(NUMBER(RemoveTailList(&head)) == 2);
  CHECK(!IsListEmpty(&head) && RemoveEntryList(&one.link) && IsListEmpty(&head));
  return 0;
}

static int strings(void) {
  UNICODE_STRING text;
  RtlInitUnicodeString(&text, (PCWSTR)u"abc");
  CHECK(text.Length == 6 && text.MaximumLength == 8 && text.Buffer[2] == u'c');
  RtlInitUnicodeString(&text, NULL);
  CHECK(text.Length == 0 && text.MaximumLength == 0 && !text.Buffer);
  static WCHAR longer[40000];
  for (size_t i = 0; i + 1 < RTL_NUMBER_OF(longer); i++) longer[i] = u'x';
  RtlInitUnicodeString(&text, longer);
  CHECK(text.Length == 65532 && text.MaximumLength == 65534);
  return 0;
}

static int sizes(_In_ ULONG flags) {
  CHECK(FlagOn(flags, 4) && !BooleanFlagOn(flags, 1) && BooleanFlagOn(flags, 2) == TRUE);
  SetFlag(flags, 1);
  ClearFlag(flags, 4);
  CHECK(flags == 3);
  CHECK(ROUND_TO_PAGES(0) == 0 && ROUND_TO_PAGES(1) == 4096 && ROUND_TO_PAGES(4096) == 4096);
  CHECK(BYTES_TO_PAGES(4097) == 2 && ADDRESS_AND_SIZE_TO_SPAN_PAGES((PVOID)4095, 2) == 2);
  CHECK(BYTE_OFFSET((PVOID)8195) == 3 && PAGE_ALIGN((PVOID)8195) == (PVOID)8192);
  unsigned char bytes[4] = {1, 2, 3, 4}, others[4];
  RtlCopyMemory(others, bytes, sizeof bytes);
  CHECK(RtlEqualMemory(others, bytes, sizeof bytes));
  RtlZeroMemory(others, sizeof others);
  CHECK(others[3] == 0 && *(unsigned char *)Add2Ptr(bytes, 2) == 3);
  return 0;
}

int main(void) {
  PAGED_CODE();
  if (lists() || strings() || sizes(6)) return 1;
  puts("done");
  return 0;
}
