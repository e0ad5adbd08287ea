/* Structured exceptions over what the routines keep: handlers, filters, finally, and blocks inside blocks. */
#include <ntddk.h>
#include <ntifs.h>

#include <stdio.h>

#include <concord_seh.h>

static int failures;
#define CHECK(Condition) \
  ((Condition) ? (void)0 : (void)(failures++, printf("line %d: %s (%s)\n", __LINE__, #Condition, ConcordLastError())))

static LARGE_INTEGER start;
static char bytes[10];

static int is_access_violation(NTSTATUS status) {
  return status == STATUS_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

static void handlers(void) {
  volatile int reached = 0, handled = 0;
  try {
    (void)CcCopyRead(NULL, &start, 10, TRUE, bytes, NULL);
    reached = 1;
  } except (EXCEPTION_EXECUTE_HANDLER) {
    handled = GetExceptionCode() == STATUS_ACCESS_VIOLATION;
  }

  CHECK(!reached && handled && ConcordInnermost == NULL);

  /* Nothing is raised: neither handler nor filter runs. */
  try {
    reached++;
  } except (handled = 0, EXCEPTION_EXECUTE_HANDLER) {
    handled = 0;
  }

  CHECK(reached == 1 && handled);

  /* A filter that declines hands on to the block around. */
  volatile int inner = 0, outer = 0;
  try {
    try {
      ExRaiseStatus(STATUS_DISK_FULL);
    } except (is_access_violation(GetExceptionCode())) {
      inner = 1;
    }

    inner = 2;
  } except (EXCEPTION_EXECUTE_HANDLER) {
    outer = GetExceptionCode() == STATUS_DISK_FULL;
  }

  CHECK(inner == 0 && outer && ConcordInnermost == NULL);
}

static int leave_early(volatile int *cleaned) {
  try {
    if (failures == 0) goto done;
    return 1;
  done:;
  } finally {
    ++*cleaned;
  }

  try {
    return 7;
  } except (EXCEPTION_EXECUTE_HANDLER) {
    return 8;
  }

  return 9;
}

static void finals(void) {
  volatile int cleaned = 0, was_abnormal = 0, caught = 0;
  CHECK(leave_early(&cleaned) == 7 && cleaned == 1 && ConcordInnermost == NULL);
  try {
    try {
      __leave;
    } finally {
      cleaned++;
      was_abnormal = AbnormalTermination();
    }

    CHECK(cleaned == 2 && !was_abnormal);
    try {
      CcUnpinData(NULL);
      cleaned = 100;
    } finally {
      cleaned++;
      was_abnormal = AbnormalTermination();
    }

    cleaned = 200;
  } except (EXCEPTION_EXECUTE_HANDLER) {
    caught = GetExceptionCode();
  }

  CHECK(cleaned == 3 && was_abnormal && caught == STATUS_INVALID_PARAMETER && ConcordInnermost == NULL);

  /* What a handler raises goes to the block around. */
  caught = 0;
  try {
    try {
      ExRaiseStatus(STATUS_DISK_FULL);
    } except (EXCEPTION_EXECUTE_HANDLER) {
      ExRaiseStatus(STATUS_CANCELLED);
    }
  } except (EXCEPTION_EXECUTE_HANDLER) {
    caught = GetExceptionCode();
  }

  CHECK(caught == STATUS_CANCELLED && ConcordInnermost == NULL);
}

int main(void) {
  handlers();
  finals();

  /* Outside every block a routine returns what says so. */
  CHECK(!CcCopyRead(NULL, &start, 10, TRUE, bytes, NULL) && ConcordLastStatus() == STATUS_ACCESS_VIOLATION);
  if (!failures) puts("done");
  return failures != 0;
}
