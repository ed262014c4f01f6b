# SPDX-License-Identifier: Apache-2.0
relais_test(test_events LABEL unit LINK schemas)
relais_test(test_field LABEL unit LINK schemas)
relais_test(test_topics LABEL unit LINK schemas)
