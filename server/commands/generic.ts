export const genericCommands = {} as never;
