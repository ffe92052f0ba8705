package mdev

import "testing"

func TestExpand(t *testing.T) {
	slots := [20]int{0, 3, -1, -1, 1, 2}
	if got := expand("sd/%2_%0%1%%x%", "sda", &slots); got != "sd/d_sda%1%%x%" {
		t.Error(got)
	}
}

func FuzzParseRule(f *testing.F) {
	f.Add("-A=b;$MODALIAS=usb:.* 0:0 660 >x/%1 @echo")
	f.Add("@8,0-15 root:root u=rw")
	f.Fuzz(func(t *testing.T, text string) { parseRule(text) })
}
