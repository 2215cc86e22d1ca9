export const observeCommands = {} as never;
