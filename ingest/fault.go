package ingest

import (
	"errors"
	"fmt"
)

// FileCode is the machine-readable kind of a fault of a whole file.
type FileCode string

// Faults of whole files. Rows that are merely rejected are no fault of the file.
const (
	FileUnreadable FileCode = "unreadable"
	FileDirectory  FileCode = "is_directory"
	FileEmpty      FileCode = "empty_file"
	FileNoRows     FileCode = "no_data_rows"
	FileBinary     FileCode = "not_text"
	FileHeader     FileCode = "wrong_header"
	FileTruncated  FileCode = "truncated"
	FileCorrupt    FileCode = "corrupt"
	FileName       FileCode = "no_time_in_name"
	FileFormat     FileCode = "wrong_format"
	FileRejects    FileCode = "too_many_rejects"
)

// FileError says that a file as a whole could not be taken in, or not to its
// end. Partial tells that the rows before the fault were kept: the account that
// comes with the error counts them.
type FileError struct {
	Code    FileCode
	File    string
	Detail  string // a sentence that says what is wrong and what to do
	Partial bool
	Err     error // the cause, if there is one
}

func (e *FileError) Error() string { return fmt.Sprintf("%s: %s", e.File, e.Detail) }

// Unwrap gives the cause.
func (e *FileError) Unwrap() error { return e.Err }

// IsFileError finds the FileError in an error. Callers loading several files go
// on with the next one when it is true; other errors come from the store or a
// cancelled context and hold for every file.
func IsFileError(err error) (*FileError, bool) {
	var fe *FileError
	ok := errors.As(err, &fe)
	return fe, ok
}
