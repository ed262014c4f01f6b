# SPDX-License-Identifier: Apache-2.0
relais_test(test_options LABEL unit LINK cli)
