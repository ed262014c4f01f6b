/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

int main(int argc, char **argv)
{
    return (int)cli_main(argv + 1, argc > 1 ? (size_t)(argc - 1) : 0);
}
