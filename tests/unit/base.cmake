# SPDX-License-Identifier: Apache-2.0
relais_test(test_bytes LABEL unit LINK base)
relais_test(test_clock LABEL unit LINK base)
relais_test(test_crypto LABEL unit LINK base)
relais_test(test_error LABEL unit LINK base)
relais_test(test_log LABEL unit LINK base)
relais_test(test_uuid LABEL unit LINK base)
