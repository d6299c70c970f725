/* SPDX-License-Identifier: MIT
 * A program of somebody else: finds the installed header and library, and asks for something that fails. */
#include <stdio.h>
#include <thimble.h>

int main(void) {
    thimble_source source = thimble_from_path("there/is/no/such.gguf");
    thimble_model_params params = thimble_model_defaults();
    thimble_error error;
    size_t bytes = 0;
    if (thimble_model_bytes(&source, &params, &bytes, &error) != THIMBLE_E_IO) return 1;
    printf("thimble %s\n%s\n", thimble_version(), error.message);
    return 0;
}
