/* SPDX-License-Identifier: MIT
 * The model's bytes as a part of the program: FIRMWARE_MODEL is the path of a GGUF file. */
__asm__(
    ".section .rodata.firmware_model, \"a\"\n"
    ".balign 32\n"
    ".global firmware_model\n"
    "firmware_model:\n"
    ".incbin \"" FIRMWARE_MODEL
    "\"\n"
    ".global firmware_model_end\n"
    "firmware_model_end:\n"
    ".byte 0\n"
    ".previous\n");
