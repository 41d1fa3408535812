#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Compiler attributes in one place, and the steal idiom for owned pointers. */

#define ATTR_MUST_USE      __attribute__((warn_unused_result))
#define ATTR_PRINTF(f, a)  __attribute__((format(printf, f, a)))
#define ATTR_COLD          __attribute__((cold))
#define ATTR_CLEANUP(func) __attribute__((cleanup(func)))
#define ATTR_UNUSED        __attribute__((unused))

/** Hand an owned pointer over: yields it and leaves NULL, so that the cleanup does nothing. */
#define steal_ptr(p)                                                                               \
	__extension__({                                                                            \
		__typeof__(p) steal_tmp_ = (p);                                                    \
		(p) = (void *)0;                                                                   \
		steal_tmp_;                                                                        \
	})
