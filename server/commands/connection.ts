export const connectionCommands = {} as never;
