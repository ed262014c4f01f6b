# SPDX-License-Identifier: Apache-2.0
relais_test(test_dates LABEL unit LINK directory)
relais_test(test_directory LABEL unit LINK directory)
relais_test(test_files LABEL unit LINK directory)
