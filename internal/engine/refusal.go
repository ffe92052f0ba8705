package engine

// Conflict is an error that lies in the state of what it is about: docker's API answers 409.
type Conflict struct{ Err error }

func (e *Conflict) Error() string { return e.Err.Error() }
func (e *Conflict) Unwrap() error { return e.Err }

// Invalid is an error in what the user asked for: docker's API answers 400.
type Invalid struct{ Err error }

func (e *Invalid) Error() string { return e.Err.Error() }
func (e *Invalid) Unwrap() error { return e.Err }

// Detached says that a session ended because the user left, by the detach keys or by going away.
func Detached(err error) bool { return err == errDetached }
