package docker

import (
	"errors"
	"net/http"

	"bantam/internal/container/folder"
	"bantam/internal/engine"
	"bantam/internal/image/local"
	reg "bantam/internal/image/registry"
	"bantam/internal/network"
	"bantam/internal/volume"
)

// statusError is an error with its HTTP status.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return e.text }

func badRequest(text string) error { return &statusError{http.StatusBadRequest, text} }

// fail answers with an error. Where the answer has begun the connection is cut, so that
// the client doesn't take it for whole.
func (c *call) fail(err error) {
	if c.begun {
		panic(http.ErrAbortHandler)
	}
	_ = c.reply(status(err), map[string]string{"message": err.Error()})
}

// status is the HTTP status that docker gives an error.
func status(err error) int {
	var own *statusError
	var container *folder.NotFound
	var image *local.NotFound
	var object *engine.NoSuchObject
	var absent *volume.NotFound
	var noNetwork *network.NotFound
	var sameName *network.NameTaken
	var untagged *engine.NoSuchTag
	var unsaved *engine.NoSuchReference
	var elsewhere *engine.WrongPlatform
	var used *volume.InUse
	var exec *engine.NoSuchExec
	var path *engine.NoSuchPath
	var taken *folder.NameTaken
	var stopped *engine.NotRunning
	var conflict *engine.Conflict
	var invalid *engine.Invalid
	var filter *engine.BadFilter
	var coded *engine.CodedError
	var refused *reg.StatusError
	switch {
	case errors.As(err, &own):
		return own.status
	case errors.As(err, &container), errors.As(err, &image), errors.As(err, &object), errors.As(err, &absent), errors.As(err, &noNetwork), errors.As(err, &untagged), errors.As(err, &unsaved), errors.As(err, &elsewhere), errors.As(err, &exec), errors.As(err, &path):
		return http.StatusNotFound
	case errors.As(err, &taken), errors.As(err, &stopped), errors.As(err, &conflict), errors.As(err, &used), errors.As(err, &sameName):
		return http.StatusConflict
	case errors.As(err, &invalid), errors.As(err, &filter):
		return http.StatusBadRequest
	case errors.As(err, &coded) && (coded.Code == engine.CodeNoExec || coded.Code == engine.CodeNotFound):
		return http.StatusBadRequest
	case errors.As(err, &refused) && (reg.IsDenied(err) || reg.IsNotFound(err)):
		return refused.Status
	}
	return http.StatusInternalServerError
}
