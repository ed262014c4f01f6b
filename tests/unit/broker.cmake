# SPDX-License-Identifier: Apache-2.0
relais_test(test_store LABEL unit LINK broker)
