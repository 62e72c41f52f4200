// SPDX-License-Identifier: MIT
#include "tests/guest/fixture.h"
int main(void)
{
	return 0;
}
