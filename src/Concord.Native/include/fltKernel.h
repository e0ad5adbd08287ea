/* What <fltKernel.h> brings of <ntifs.h>. */
#include "ntifs.h"
