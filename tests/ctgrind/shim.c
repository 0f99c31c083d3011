#include <stddef.h>
#include <valgrind/memcheck.h>

void ctgrind_hide(void *at, size_t len) { VALGRIND_MAKE_MEM_UNDEFINED(at, len); }
void ctgrind_show(void *at, size_t len) { VALGRIND_MAKE_MEM_DEFINED(at, len); }
void ctgrind_be_quiet(void) { VALGRIND_DISABLE_ERROR_REPORTING; }
void ctgrind_report(void) { VALGRIND_ENABLE_ERROR_REPORTING; }
