// Windows aligns the stack to 16 bytes, but GCC there takes places on it for aligned to 32 or 64
// and spills AVX registers to them by aligned moves (GCC PR 54412 and 49001), which fault or not by
// the caller's stack. So that no such move is left, whatever the compiler's flags, the assembler
// reads each aligned move of the file that includes this as its unaligned form, which on aligned
// addresses is as fast. tools/windows looks at the objects.
#pragma once

#if defined(_WIN32) && defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define CONVSTEP_READ_AS(aligned, unaligned) \
  asm(".macro " aligned " operands:vararg\n\t" unaligned " \\operands\n\t.endm")
CONVSTEP_READ_AS("vmovapd", "vmovupd");
CONVSTEP_READ_AS("vmovaps", "vmovups");
CONVSTEP_READ_AS("vmovdqa", "vmovdqu");
CONVSTEP_READ_AS("vmovdqa32", "vmovdqu32");
CONVSTEP_READ_AS("vmovdqa64", "vmovdqu64");
#undef CONVSTEP_READ_AS
#endif
