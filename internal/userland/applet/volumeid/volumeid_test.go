package volumeid

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"bantam/internal/testenv"
)

// Images made by the host's own tools say what they were told.
func TestProbe(t *testing.T) {
	const uuid = "3e6be9de-8139-11d1-9106-a43f08d823a6"
	for _, c := range []struct {
		tool []string
		size int64
		want Volume
	}{
		{[]string{"mkfs.ext2", "-q", "-F", "-L", "two", "-U", uuid}, 1 << 20, Volume{"ext2", "two", uuid}},
		{[]string{"mkfs.ext3", "-q", "-F", "-L", "three", "-U", uuid}, 8 << 20, Volume{"ext3", "three", uuid}},
		{[]string{"mkfs.ext4", "-q", "-F", "-L", "four four", "-U", uuid}, 8 << 20, Volume{"ext4", "four four", uuid}},
		{[]string{"mkswap", "-q", "-L", "swapped", "-U", uuid}, 1 << 20, Volume{"swap", "swapped", uuid}},
		{[]string{"mkfs.vfat", "-n", "DOS", "-i", "1234abcd"}, 4 << 20, Volume{"vfat", "DOS", "1234-ABCD"}},
		{[]string{"mkfs.minix"}, 1 << 20, Volume{"minix", "", ""}},
		{[]string{"mkfs.xfs", "-q", "-f", "-L", "eks", "-m", "uuid=" + uuid}, 320 << 20, Volume{"xfs", "eks", uuid}},
		{[]string{"mkfs.btrfs", "-q", "-L", "butter", "-U", uuid}, 128 << 20, Volume{"btrfs", "butter", uuid}},
	} {
		t.Run(c.tool[0], func(t *testing.T) {
			tool, err := exec.LookPath(c.tool[0])
			if err != nil {
				testenv.Skip(t, c.tool[0], "it is not installed")
			}
			image := filepath.Join(t.TempDir(), "image")
			if err := os.WriteFile(image, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(image, c.size); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(tool, append(c.tool[1:], image)...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if got, ok := ProbeFile(image); !ok || got != c.want {
				t.Errorf("%+v %v, want %+v", got, ok, c.want)
			}
		})
	}
}

func FuzzProbe(f *testing.F) {
	f.Add([]byte{}, uint8(0))
	for i := range formats {
		f.Add([]byte(formats[i].magic), uint8(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, i uint8) {
		image := filepath.Join(t.TempDir(), "image")
		format := &formats[int(i)%len(formats)]
		whole := make([]byte, 70<<10)
		copy(whole, data)
		copy(whole[format.at:], format.magic)
		if err := os.WriteFile(image, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok := ProbeFile(image); !ok {
			t.Error("the magic isn't found")
		}
	})
}
