package engine

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/container/logging"
)

// LogDrivers are docker's drivers that there are here.
var LogDrivers = []string{"journald", "json-file", "local", "none", "syslog"}

// Default bounds of a log: enough to look back, never enough to fill a disk. They are
// those of docker's driver local, and of what it keeps beside a driver that can't be read.
const (
	logMaxSize    = 20 << 20
	logMaxFile    = 5
	logBufferSize = 1 << 20
)

// fileOptions, choices and the like are the keys of --log-opt by subject.
var (
	fileOptions  = []string{"max-size", "max-file", "compress"}
	cacheOptions = []string{"cache-disabled", "cache-max-size", "cache-max-file", "cache-compress"}
	choices      = []string{"labels", "labels-regex", "env", "env-regex", "tag"}
	modeOptions  = []string{"mode", "max-buffer-size"}
	syslogOnly   = []string{"syslog-address", "syslog-facility", "syslog-format"}
)

// logOptions are the keys that a driver takes.
func logOptions(driver string) []string {
	switch driver {
	case "json-file":
		return slices.Concat(fileOptions, choices)
	case "local":
		return fileOptions
	case "syslog":
		return slices.Concat(choices, syslogOnly, cacheOptions)
	}
	return slices.Concat(choices, cacheOptions)
}

// logConfig checks a driver and its options (moby's daemon/logger).
func logConfig(driver string, opts map[string]string) (folder.LogConfig, error) {
	if driver == "" {
		driver = "json-file"
	}
	c := folder.LogConfig{Type: driver, MaxSize: logMaxSize, MaxFile: logMaxFile, Compress: driver != "json-file", Config: opts}
	if driver == "none" {
		return c, nil
	}
	if !slices.Contains(LogDrivers, driver) {
		return c, fmt.Errorf("logger: no log driver named '%s' is registered: bantam has %s", driver, strings.Join(LogDrivers, ", "))
	}
	for key := range opts {
		if !slices.Contains(modeOptions, key) && !slices.Contains(logOptions(driver), key) {
			return c, fmt.Errorf("unknown log opt '%s' for %s log driver", key, driver)
		}
	}
	for _, check := range [...]func(*folder.LogConfig) error{logMode, logFiles, logSyslog} {
		if err := check(&c); err != nil {
			return c, err
		}
	}
	return c, nil
}

// logMode reads mode and max-buffer-size.
func logMode(c *folder.LogConfig) (err error) {
	switch mode := c.Config["mode"]; mode {
	case "", "blocking":
	case "non-blocking":
		c.NonBlocking, c.BufferSize = true, logBufferSize
	default:
		return fmt.Errorf("logger: logging mode not supported: %s", mode)
	}
	size, given := c.Config["max-buffer-size"]
	if !given {
		return nil
	}
	if !c.NonBlocking {
		return errors.New("logger: max-buffer-size option is only supported with 'mode=non-blocking'")
	}
	if c.BufferSize, err = ParseBytes(size); err != nil {
		return fmt.Errorf("error parsing option max-buffer-size: %w", err)
	}
	return nil
}

// logFiles reads the bounds of the files, or those of the cache.
func logFiles(c *folder.LogConfig) (err error) {
	prefix := ""
	if c.Type == "syslog" || c.Type == "journald" {
		prefix = "cache-"
	}
	compress, hasCompress := c.Config[prefix+"compress"]
	if size, ok := c.Config[prefix+"max-size"]; ok {
		if c.MaxSize, err = logSize(size); err != nil {
			return fmt.Errorf("invalid value for max-size: %s: %w", size, err)
		}
	}
	if count, ok := c.Config[prefix+"max-file"]; ok {
		if c.MaxFile, err = strconv.Atoi(count); err != nil {
			return fmt.Errorf("invalid value for max-file: %s: %w", count, err)
		}
		if c.MaxFile < 1 {
			return errors.New("max-file cannot be less than 1")
		}
	}
	switch {
	case hasCompress:
		if c.Compress, err = strconv.ParseBool(compress); err != nil {
			return fmt.Errorf("invalid value for compress: %s: %w", compress, err)
		}
		if c.Compress && (c.MaxFile < 2 || c.MaxSize <= 0) {
			return errors.New("compress cannot be true when max-file is less than 2 or max-size is not set")
		}
	case c.MaxFile < 2:
		c.Compress = false
	}
	return noCache(c)
}

// logSize reads a size; -1 is without bound.
func logSize(text string) (int64, error) {
	if text == "-1" {
		return 0, nil
	}
	n, err := ParseBytes(text)
	if err == nil && n <= 0 {
		err = errors.New("must be a positive number or -1")
	}
	return n, err
}

func noCache(c *folder.LogConfig) error {
	text, ok := c.Config["cache-disabled"]
	if !ok {
		return nil
	}
	off, err := strconv.ParseBool(text)
	if err != nil {
		return fmt.Errorf("invalid value for cache-disabled: %s: %w", text, err)
	}
	if off {
		c.MaxFile = 0
	}
	return nil
}

func logSyslog(c *folder.LogConfig) error {
	if c.Type != "syslog" {
		return nil
	}
	if _, err := logging.ParseAddress(c.Config["syslog-address"]); err != nil {
		return err
	}
	if _, err := logging.Facility(c.Config["syslog-facility"]); err != nil {
		return err
	}
	return logging.CheckFormat(c.Config["syslog-format"])
}
