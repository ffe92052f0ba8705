// Package archtest holds the tests that keep the module's shape: the direction
// of imports between rooms, the purity of plan and oci, the packages linked into
// each program and its size, the length of functions and files, and what may
// never stand in a committed file. ARCHITECTURE.md draws the rooms.
//
// Ledgers stand in testdata. `make ledger` writes those of linked packages and
// sizes anew, so that a new dependency is a visible line in review.
package archtest
