package main

import (
	"encoding/pem"
	"slices"
	"strings"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// roots is Mozilla's list of certificate authorities as PEM, as the Go project
// publishes it: pinned by go.sum, so the image is the same on every machine. Roots
// that Mozilla trusts only under a condition are left out, because a PEM file
// can't say the condition.
func roots() string {
	var list []string
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			list = append(list, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})))
		}
	}
	slices.Sort(list)
	return strings.Join(list, "")
}
