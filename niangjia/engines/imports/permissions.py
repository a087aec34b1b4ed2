"""The rights over imports; what a sheet may write asks the sheet's own rights as well."""

from enum import StrEnum


class Permission(StrEnum):
    IMPORT_RUN = "imports:batch:run"  # upload, match, check, commit, take back
    IMPORT_APPROVE = "imports:batch:approve"  # the second person above a set size
