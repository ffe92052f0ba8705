package server

import (
	"net/http"
	"runtime/debug"
	"time"
)

const (
	// heapGrowth is how much garbage may be there before it is collected, in percent of what is in use and of 4 MiB at the least: what a list of
	// hundreds of containers leaves is not worth a collection during the list, which takes a third of its time.
	heapGrowth = 400
	// restTime is how long after the last answer the memory is given back.
	restTime = 2 * time.Second
)

// resting serves requests, and gives the memory that they took back to the kernel when there have been none for a while.
func resting(h http.Handler) http.Handler {
	debug.SetGCPercent(heapGrowth)
	rest := time.AfterFunc(restTime, debug.FreeOSMemory)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer rest.Reset(restTime)
		h.ServeHTTP(w, r)
	})
}
