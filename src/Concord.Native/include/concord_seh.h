/*
 * Structured exceptions, in the spelling that drivers have, over ConcordLastStatus. For C with gcc or clang:
 *
 *   try {
 *     CcPinRead(file, &offset, length, PIN_WAIT, &bcb, &buffer);   // raises: to the handler
 *   } except (EXCEPTION_EXECUTE_HANDLER) {
 *     status = GetExceptionCode();
 *   }
 *
 * What it is: no exception of the system, and nothing passes through the library. A routine of Concord that would raise
 * has returned by then; between this header's macros and the end of the innermost block of the thread, longjmp takes the
 * program there. So these rules hold, which the original does not have:
 *
 * - Raised are what the routines below raise, and ExRaiseStatus. A bad pointer is SIGSEGV, as in any program.
 * - A variable that is changed in a block and used in its handler is volatile, as with setjmp.
 * - A block is left at its end, by goto, by __leave or by return. return passes over the finally of the block, and so do
 *   goto out of it and break; break and __leave outside of a loop of the block's own end the block.
 * - Functions that Concord calls (callbacks) do not raise out of themselves.
 * - Outside every block the routines are those of the other headers: nothing is raised.
 *
 * Include it last. It makes macros of the routines' names, so their addresses are taken in files without it.
 */
#ifndef CONCORD_SEH_H
#define CONCORD_SEH_H

#include "ntifs.h"

#ifdef __cplusplus
#error "concord_seh.h is for C: in C++ throw an exception of your own where ConcordLastStatus is an error"
#endif

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0

enum { CONCORD_SEH_BODY = 1, CONCORD_SEH_AFTER = 2, CONCORD_SEH_OVER = 3 };

/* One block that the thread is in. */
typedef struct _CONCORD_SEH {
  struct _CONCORD_SEH *volatile Outer;
  volatile int Step;
  volatile int IsRaised;      /* what was raised in the body has no handler yet */
  volatile int WasRaised;
  volatile NTSTATUS Status;
  jmp_buf Jump;
} CONCORD_SEH;

/* The innermost block of the thread: one for all files of the program that include this. */
__attribute__((weak)) __thread CONCORD_SEH *ConcordInnermost;

static inline void ConcordPopBlock(CONCORD_SEH *Block) {
  if (ConcordInnermost == Block) ConcordInnermost = Block->Outer;
}

/* To the handler of the innermost block; without one the program ends, as the system would. */
__attribute__((noreturn, unused)) static void ExRaiseStatus(NTSTATUS Status) {
  CONCORD_SEH *block = ConcordInnermost;
  if (!block) {
    fprintf(stderr, "status %08x was raised outside of every block\n", (unsigned)Status);
    abort();
  }

  ConcordInnermost = block->Outer;
  block->Status = Status;
  block->IsRaised = block->WasRaised = 1;
  longjmp(block->Jump, 1);
}

/* The body first, then what follows it. */
static inline int ConcordNextStep(CONCORD_SEH *Block) {
  if (++Block->Step == CONCORD_SEH_BODY) {
    Block->Outer = ConcordInnermost;
    ConcordInnermost = Block;
    return 1;
  }

  ConcordPopBlock(Block);
  if (Block->Step == CONCORD_SEH_AFTER && !Block->WasRaised) return 1;
  if (Block->IsRaised) ExRaiseStatus(Block->Status);
  return 0;
}

/* Whether a handler takes what was raised. */
static inline int ConcordIsHandled(CONCORD_SEH *Block, int Filter) {
  if (!Block->IsRaised || Filter != EXCEPTION_EXECUTE_HANDLER) return 0;
  Block->IsRaised = 0;
  return 1;
}

/* After a routine: raises what it would have raised. */
static inline void ConcordRaiseLast(void) {
  if (!ConcordInnermost) return;
  NTSTATUS status = ConcordLastStatus();
  if (!NT_SUCCESS(status)) ExRaiseStatus(status);
}

#define __try                                                                           \
  for (CONCORD_SEH ConcordBlock __attribute__((cleanup(ConcordPopBlock))) = {.Step = 0}; \
       ConcordNextStep(&ConcordBlock);)                                                 \
    if (ConcordBlock.Step == CONCORD_SEH_BODY && setjmp(ConcordBlock.Jump) == 0)
#define __except(...) else if (ConcordBlock.IsRaised && ConcordIsHandled(&ConcordBlock, (__VA_ARGS__)))
#define __finally else
#define __leave continue
#define try __try
#define except __except
#define finally __finally

/* In a filter or a handler: what was raised. In a finally: whether something was. */
#define GetExceptionCode() (ConcordBlock.Status)
#define AbnormalTermination() (ConcordBlock.WasRaised)

#define CONCORD_RAISES(Call)               \
  __extension__({                          \
    __typeof__(Call) ConcordResult = Call; \
    ConcordRaiseLast();                    \
    ConcordResult;                         \
  })
#define CONCORD_RAISES_VOID(Call) ((Call), ConcordRaiseLast())

#define CcCopyRead(...) CONCORD_RAISES(CcCopyRead(__VA_ARGS__))
#define CcCopyReadEx(...) CONCORD_RAISES(CcCopyReadEx(__VA_ARGS__))
#define CcCopyWrite(...) CONCORD_RAISES(CcCopyWrite(__VA_ARGS__))
#define CcCopyWriteEx(...) CONCORD_RAISES(CcCopyWriteEx(__VA_ARGS__))
#define CcInitializeCacheMap(...) CONCORD_RAISES_VOID(CcInitializeCacheMap(__VA_ARGS__))
#define CcMapData(...) CONCORD_RAISES(CcMapData(__VA_ARGS__))
#define CcMdlRead(...) CONCORD_RAISES_VOID(CcMdlRead(__VA_ARGS__))
#define CcMdlReadComplete(...) CONCORD_RAISES_VOID(CcMdlReadComplete(__VA_ARGS__))
#define CcMdlWriteAbort(...) CONCORD_RAISES_VOID(CcMdlWriteAbort(__VA_ARGS__))
#define CcMdlWriteComplete(...) CONCORD_RAISES_VOID(CcMdlWriteComplete(__VA_ARGS__))
#define CcPinMappedData(...) CONCORD_RAISES(CcPinMappedData(__VA_ARGS__))
#define CcPinRead(...) CONCORD_RAISES(CcPinRead(__VA_ARGS__))
#define CcPrepareMdlWrite(...) CONCORD_RAISES_VOID(CcPrepareMdlWrite(__VA_ARGS__))
#define CcPreparePinWrite(...) CONCORD_RAISES(CcPreparePinWrite(__VA_ARGS__))
#define CcRemapBcb(...) CONCORD_RAISES(CcRemapBcb(__VA_ARGS__))
#define CcRepinBcb(...) CONCORD_RAISES_VOID(CcRepinBcb(__VA_ARGS__))
#define CcSetBcbOwnerPointer(...) CONCORD_RAISES_VOID(CcSetBcbOwnerPointer(__VA_ARGS__))
#define CcSetDirtyPinnedData(...) CONCORD_RAISES_VOID(CcSetDirtyPinnedData(__VA_ARGS__))
#define CcSetFileSizes(...) CONCORD_RAISES_VOID(CcSetFileSizes(__VA_ARGS__))
#define CcSetLogHandleForFile(...) CONCORD_RAISES_VOID(CcSetLogHandleForFile(__VA_ARGS__))
#define CcUnpinData(...) CONCORD_RAISES_VOID(CcUnpinData(__VA_ARGS__))
#define CcUnpinDataForThread(...) CONCORD_RAISES_VOID(CcUnpinDataForThread(__VA_ARGS__))
#define CcZeroData(...) CONCORD_RAISES(CcZeroData(__VA_ARGS__))
#define MmProbeAndLockPages(...) CONCORD_RAISES_VOID(MmProbeAndLockPages(__VA_ARGS__))

#endif
