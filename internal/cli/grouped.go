package cli

// groupedCommands are those that have no name but with their group.
func (c *call) groupedCommands() []func() *command {
	return []func() *command{
		c.containerInspectCommand,
		c.imageInspectCommand,
		c.containerPruneCommand,
		c.systemDfCommand,
		c.systemPruneCommand,
		c.systemStartCommand,
		c.systemStopCommand,
		c.imagePruneCommand,
		c.networkConnectCommand,
		c.networkCreateCommand,
		c.networkDisconnectCommand,
		c.networkInspectCommand,
		c.networkLsCommand,
		c.networkPruneCommand,
		c.networkRmCommand,
		c.volumeCreateCommand,
		c.volumeInspectCommand,
		c.volumeLsCommand,
		c.volumePruneCommand,
		c.volumeRmCommand,
	}
}
