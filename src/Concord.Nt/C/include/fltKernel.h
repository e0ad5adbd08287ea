/* What <fltKernel.h> brings of <ntifs.h>. */
#include "concord.h"
