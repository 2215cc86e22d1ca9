export const serverCommands = {} as never;
